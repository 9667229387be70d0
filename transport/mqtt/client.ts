import type { Socket } from 'node:net';
import { MqttClient as MqttJsClient } from 'mqtt';
import { SmokewireError } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Service } from '../../contracts/service.ts';
import { type Ended, type Receiver, type Transit, unwatched } from '../../contracts/transit.ts';
import { UNCUT } from '../lifeline.ts';
import { addressLabel, brokerAddress, type MqttEndpoint, openSocket, reasonOf } from './address.ts';

/** A message as its subscriber gets it. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
}

/** What the broker publishes for a client that went without a goodbye (MQTT 3.1.1, 3.1.2.5). */
export interface LastWill {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

export interface MqttClientOptions extends MqttEndpoint {
  /** Unique at the broker: a second client with the same id ends the first one's connection. */
  readonly clientId: string;
  readonly will?: LastWill;
  /** False keeps subscriptions and undelivered QoS 1 messages at the broker while the client is away; default true. */
  readonly clean?: boolean;
  /** Seconds, default 30. */
  readonly keepaliveS?: number;
  /** Topic filters with the quality of service asked for. */
  readonly subscriptions?: Readonly<Record<string, 0 | 1>>;
  readonly logger: Logger;
  /** Is told what is on its way to the broker and from it. */
  readonly transit?: Transit;
  /** Called with each message; at QoS 1 it is acknowledged whatever becomes of it. */
  readonly onMessage?: (message: MqttMessage) => void;
  /** Called after each connect, the first included, once the subscriptions stand: the moment for a birth message. */
  readonly onReady?: () => void;
}

/** How long the broker may take to accept a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_MS = 500;
/** DISCONNECT (MQTT 3.1.1, 3.14). */
const DISCONNECT = Buffer.from([0xe0, 0x00]);

/**
 * An MQTT 3.1.1 client for those who send and receive little: valves, the canary, the poller, and the bridge's commands.
 * It comes back by itself, and subscribes anew. For what the bridge receives see `subscriber.ts`.
 */
export class MqttClient implements Service {
  readonly name: string;
  readonly #options: MqttClientOptions;
  readonly #label: string;
  #client: MqttJsClient | undefined;
  #socket: Socket | undefined;
  #ready = false;
  #ended: Promise<void> = Promise.resolve();
  /** Called when the client is connected the next time. */
  #onConnected: (() => void)[] = [];
  /** Those who wait for an answer, to be told when the client stops. */
  readonly #waiting = new Set<(error: SmokewireError) => void>();
  readonly #transit: Transit;
  readonly #receiver: Receiver;
  /** Told while it wants to be connected, and is not. */
  #connecting: Ended | undefined;

  constructor(options: MqttClientOptions) {
    this.#options = options;
    this.#label = addressLabel(brokerAddress(options));
    this.name = `mqtt-client ${options.clientId}`;
    const { clientId, subscriptions = {}, transit = unwatched } = options;
    this.#transit = transit;
    this.#receiver = transit.receiver(clientId, { filters: Object.keys(subscriptions) });
  }

  /** Whether the broker is there and the subscriptions stand. */
  get connected(): boolean {
    return this.#ready;
  }

  missing(): readonly string[] {
    return this.#ready ? [] : [`${this.#options.clientId} is not connected to ${this.#label}`];
  }

  /**
   * Resolves once connected and subscribed. The first attempt has to succeed; later ones repeat until `stop`.
   * @throws SmokewireError MQTT_UNREACHABLE, naming the address; STOPPED
   */
  async start(): Promise<void> {
    const client = this.#connect();
    this.#client = client;
    try {
      await this.#answer<void>((resolve, reject) => {
        client.on('connect', () => void this.#subscribe(client).then(resolve, reject));
        client.on('error', reject);
        client.on('close', () => reject(new Error('the broker closed the connection')));
      });
    } catch (error) {
      if (this.#client === client) await this.#end(client);
      throw error;
    }
  }

  /** Says DISCONNECT, so that no will is sent, and closes. What was not acknowledged yet is rejected as STOPPED. */
  stop(): Promise<void> {
    return this.#end(this.#client, (socket) => socket.end(DISCONNECT));
  }

  /** Ends the connection as a crash does: without DISCONNECT, so that the will is sent. */
  drop(): Promise<void> {
    return this.#end(this.#client);
  }

  /**
   * Resolves once the broker acknowledged (QoS 1) or the message was written (QoS 0). While the broker is away messages
   * wait, in order, without a bound: who repeats himself should look at `connected` first.
   * @throws SmokewireError STOPPED
   */
  publish(topic: string, payload: string | Buffer, options: { qos: 0 | 1; retain: boolean }): Promise<void> {
    const { lifeline = UNCUT } = this.#options;
    return lifeline.around({ kind: 'send' }, () => this.#publish(topic, payload, options));
  }

  #publish(topic: string, payload: string | Buffer, options: { qos: 0 | 1; retain: boolean }): Promise<void> {
    const client = this.#client;
    if (client === undefined) return Promise.reject(this.#stopped());
    const ended = this.#transit.begin('mqtt', `${this.#options.clientId} publishes ${topic}`);
    const answered = this.#answer<void>((resolve, reject) => {
      client.publish(topic, payload, options, (error) => {
        if (error) return reject(error);
        this.#transit.published(topic);
        resolve();
      });
    });
    return answered.finally(ended);
  }

  /**
   * Resolves once it is connected, at once where it is.
   * @throws SmokewireError STOPPED
   */
  whenConnected(): Promise<void> {
    if (this.#client === undefined) return Promise.reject(this.#stopped());
    if (this.#ready) return Promise.resolve();
    return this.#answer((resolve) => void this.#onConnected.push(() => resolve()));
  }

  #connect(): MqttJsClient {
    const { clientId, will, clean = true, keepaliveS = 30, logger, onMessage } = this.#options;
    const address = brokerAddress(this.#options);
    const connection = { clientId, broker: this.#label };
    const client = new MqttJsClient(
      () => {
        this.#socket = openSocket(address);
        return this.#socket;
      },
      {
        protocolId: 'MQTT',
        protocolVersion: 4,
        clientId,
        clean,
        keepalive: keepaliveS,
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectPeriod: RECONNECT_MS,
        // A broker that restarts may refuse at first; mqtt.js would take that for the end.
        reconnectOnConnackError: true,
        // Done here after each connect, where its answer can be looked at.
        resubscribe: false,
        ...(address.username !== undefined && { username: address.username }),
        ...(address.password !== undefined && { password: address.password }),
        ...(will && { will: { ...will, payload: Buffer.from(will.payload) } }),
      },
    );
    client.on('error', (error) => {
      logger.debug({ ...connection, error: reasonOf(error) }, 'an MQTT connection failed');
      // Not every error ends the connection by itself: after an unreadable packet mqtt.js would wait for the next.
      this.#socket?.destroy();
    });
    client.on('close', () => {
      if (this.#ready) logger.warn(connection, 'lost the MQTT broker; connecting again');
      this.#ready = false;
      this.#receiver.away();
      if (this.#client === client) this.#connecting ??= this.#transit.begin('mqtt', `${clientId} connects`);
    });
    if (onMessage) {
      client.on('message', (topic, payload, packet) => {
        onMessage({ topic, payload, retained: packet.retain });
        this.#receiver.received(topic);
      });
    }
    return client;
  }

  async #subscribe(client: MqttJsClient): Promise<void> {
    const { subscriptions = {}, onReady, logger, clientId } = this.#options;
    const wanted = Object.entries(subscriptions).map(([filter, qos]): [string, { qos: 0 | 1 }] => [filter, { qos }]);
    try {
      if (wanted.length > 0) await client.subscribeAsync(Object.fromEntries(wanted));
    } catch (error) {
      logger.warn({ clientId, error: reasonOf(error) }, 'the MQTT broker refused a subscription');
      this.#socket?.destroy();
      throw error;
    }
    // A stop may have come between.
    if (this.#client !== client || !client.connected) return;
    this.#ready = true;
    this.#receiver.live();
    this.#connected();
    onReady?.();
    for (const connected of this.#onConnected.splice(0)) connected();
  }

  /** A promise that `stop` and `drop` reject. */
  #answer<T>(ask: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const settled = () => this.#waiting.delete(reject);
      ask(
        (value) => {
          if (settled()) resolve(value);
        },
        (error) => {
          if (settled()) reject(this.#unreachable(error));
        },
      );
    });
  }

  #end(client: MqttJsClient | undefined, goodbye?: (socket: Socket) => void): Promise<void> {
    if (client !== undefined) this.#ended = this.#close(client, this.#ready ? goodbye : undefined);
    return this.#ended;
  }

  async #close(client: MqttJsClient, goodbye: ((socket: Socket) => void) | undefined): Promise<void> {
    const socket = this.#socket;
    this.#client = undefined;
    this.#ready = false;
    this.#receiver.away();
    this.#connected();
    for (const reject of this.#waiting) reject(this.#stopped());
    this.#waiting.clear();
    this.#onConnected = [];
    if (socket && !socket.destroyed) {
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      // A broker that does not read would never let the goodbye out.
      if (goodbye && socket.writableLength === 0) {
        const sent = new Promise<void>((resolve) => socket.once('finish', () => resolve()));
        goodbye(socket);
        await Promise.race([sent, closed]);
      }
      socket.destroy();
      await closed;
    }
    await client.endAsync(true);
  }

  #connected(): void {
    this.#connecting?.();
    this.#connecting = undefined;
  }

  #unreachable(cause: Error): SmokewireError {
    return new SmokewireError('MQTT_UNREACHABLE', `the MQTT broker at ${this.#label}: ${reasonOf(cause)}`, { cause });
  }

  #stopped(): SmokewireError {
    return new SmokewireError('STOPPED', `${this.name} was stopped`);
  }
}
