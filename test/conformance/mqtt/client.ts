import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { eventually } from '../../support/eventually.ts';

/** A message as it came over the wire. */
export interface Seen {
  topic: string;
  payload: string;
  qos: number;
  retain: boolean;
}

/** An mqtt.js client that keeps what it receives and does not reconnect by itself. */
export class WireClient implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly mqtt: MqttClient;

  private constructor(mqtt: MqttClient) {
    this.mqtt = mqtt;
    mqtt.on('message', (topic: string, payload: Buffer, packet: IPublishPacket) => {
      this.seen.push({ topic, payload: payload.toString(), qos: packet.qos, retain: packet.retain });
    });
    mqtt.on('error', () => undefined); // the connection's end is what the tests look at
  }

  /** @throws the broker's refusal */
  static async connect(url: string, options: IClientOptions = {}): Promise<WireClient> {
    return new WireClient(await connectAsync(url, { reconnectPeriod: 0, connectTimeout: 5_000, ...options }, false));
  }

  async subscribe(filter: string, qos: 0 | 1 = 1): Promise<void> {
    await this.mqtt.subscribeAsync(filter, { qos });
  }

  async publish(
    topic: string,
    payload: string | Buffer,
    options: { qos?: 0 | 1; retain?: boolean } = {},
  ): Promise<void> {
    await this.mqtt.publishAsync(topic, payload, { qos: options.qos ?? 1, retain: options.retain ?? false });
  }

  /** The first message with this payload, once it is there. */
  async received(payload: string): Promise<Seen> {
    return await eventually(`a message with payload ${payload.slice(0, 50)}`, () =>
      this.seen.find((message) => message.payload === payload),
    );
  }

  get payloads(): string[] {
    return this.seen.map((message) => message.payload);
  }

  /** Ends the TCP connection as a crash does: without DISCONNECT. */
  crash(): void {
    this.mqtt.stream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mqtt.endAsync(true);
  }
}
