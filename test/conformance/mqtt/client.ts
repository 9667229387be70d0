import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
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
  readonly #closed: Promise<void>;

  private constructor(mqtt: MqttClient) {
    this.mqtt = mqtt;
    this.#closed = new Promise((resolve) => mqtt.once('close', resolve));
    // Before the connection stands: what waited for a session comes right behind the CONNACK.
    mqtt.on('message', (topic: string, payload: Buffer, packet: IPublishPacket) => {
      this.seen.push({ topic, payload: payload.toString(), qos: packet.qos, retain: packet.retain });
    });
  }

  /** @throws the broker's refusal */
  static async connect(url: string, options: IClientOptions = {}): Promise<WireClient> {
    const client = new WireClient(connect(url, { reconnectPeriod: 0, connectTimeout: 5_000, ...options }));
    await new Promise<void>((resolve, reject) => {
      client.mqtt.once('connect', () => resolve());
      client.mqtt.once('error', reject);
      void client.#closed.then(() => reject(new Error('the broker closed the connection')));
    });
    client.mqtt.on('error', () => undefined); // from here on the connection's end is what tests look at
    return client;
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

  /**
   * Publishes what the broker may refuse, and resolves when it has dealt with it: refused or not, it may answer as ever, or
   * close the connection ([MQTT-3.3.5-2]).
   */
  async attempt(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): Promise<void> {
    const answered = this.publish(topic, payload, options).then(() => this.subscribe('the/next/request'));
    await Promise.race([answered, this.#closed]).catch(() => undefined);
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
