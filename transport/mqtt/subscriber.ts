import type { Clock, Timer } from '../../contracts/clock.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Service } from '../../contracts/service.ts';
import { type Ended, type Receiver, type Transit, unwatched } from '../../contracts/transit.ts';
import { addressLabel, type BrokerAddress, brokerAddress, type MqttEndpoint, reasonOf } from './address.ts';
import { SubscriberConnection } from './connection.ts';
import type { Publish } from './frames.ts';

/** The messages of one read. */
export interface Batch {
  readonly messages: readonly Publish[];
  /**
   * Says that all of them are taken care of, so that the broker may forget them; exactly once. Where the connection that
   * brought them is gone the broker is told nothing, and sends them again over the next.
   */
  acknowledge(): void;
}

export interface MqttSubscriberOptions extends MqttEndpoint {
  /** Names the persistent session: always the same for the same subscriber. */
  readonly clientId: string;
  readonly subscriptions: Readonly<Record<string, 0 | 1>>;
  /** Larger payloads are handed over cut. */
  readonly maxPayloadBytes: number;
  /** Reading pauses while more than so many messages, or bytes, wait to be acknowledged. */
  readonly maxInFlight?: number;
  readonly maxInFlightBytes?: number;
  /** Seconds, default 30. */
  readonly keepaliveS?: number;
  /** The wire's clock: keepalive, deadlines and backoff. */
  readonly wireClock: Clock;
  readonly logger: Logger;
  /** Is told what comes. */
  readonly transit?: Transit;
  readonly onBatch: (batch: Batch) => void;
}

/** Waits double up to the longest; a connection that lived as long as that counts as good, and the next wait is short again. */
const BACKOFF_MS = { first: 50, longest: 5_000 } as const;

/**
 * Subscribes at MQTT 3.1.1 with a persistent session and acknowledges by hand, so that the broker keeps each QoS 1 message
 * until it is safe elsewhere. Why not mqtt.js: docs/decisions/0020-own-mqtt-subscriber.md.
 */
export class MqttSubscriber implements Service {
  readonly name: string;
  readonly #options: MqttSubscriberOptions;
  readonly #address: BrokerAddress;
  readonly #label: string;
  readonly #maxInFlight: number;
  readonly #maxInFlightBytes: number;
  #connection: SubscriberConnection | undefined;
  #retry: Timer | undefined;
  #backoffMs: number = BACKOFF_MS.first;
  /** When the connection became live, by the wire's clock; undefined while it is not. */
  #liveSince: number | undefined;
  #everLive = false;
  #holding = false;
  #inFlight = 0;
  #inFlightBytes = 0;
  #settleStart: ((error?: SmokewireError) => void) | undefined;
  #settleStop: (() => void) | undefined;
  #stopped: Promise<void> | undefined;
  readonly #transit: Transit;
  readonly #receiver: Receiver;
  /** Told while it wants to be connected, and is not. */
  #connecting: Ended | undefined;

  constructor(options: MqttSubscriberOptions) {
    this.#options = options;
    this.#address = brokerAddress(options);
    this.#label = addressLabel(this.#address);
    this.#maxInFlight = options.maxInFlight ?? 10_000;
    this.#maxInFlightBytes = options.maxInFlightBytes ?? 16 * 1024 * 1024;
    this.name = `mqtt-subscriber ${options.clientId}`;
    const { clientId, subscriptions, transit = unwatched } = options;
    this.#transit = transit;
    const ask = async () => await this.#connection?.ping();
    this.#receiver = transit.receiver(clientId, { filters: Object.keys(subscriptions), ask });
  }

  /** Messages handed over and not acknowledged yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  missing(): readonly string[] {
    return this.#liveSince !== undefined ? [] : [`${this.#options.clientId} is not connected to ${this.#label}`];
  }

  /**
   * Resolves once connected and subscribed. The first attempt has to succeed; later ones repeat until `stop`.
   * @throws SmokewireError MQTT_UNREACHABLE, naming the address; STOPPED
   */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settleStart = (error) => {
        this.#settleStart = undefined;
        if (error === undefined) resolve();
        else reject(error);
      };
      if (this.#stopped === undefined) this.#connect();
      else this.#settleStart(this.#stoppedError());
    });
  }

  /** Reads nothing more, but still acknowledges: what comes before `stop` where work under way is to be finished. */
  hold(): void {
    this.#holding = true;
    this.#regulate();
  }

  /** Says DISCONNECT and closes; the broker keeps the session. A stopped subscriber stays stopped. */
  stop(): Promise<void> {
    this.#stopped ??= new Promise((resolve) => {
      this.#retry?.cancel();
      this.#connected();
      this.#settleStart?.(this.#stoppedError());
      this.#settleStop = resolve;
      if (this.#connection === undefined) resolve();
      else this.#connection.goodbye();
    });
    return this.#stopped;
  }

  #connect(): void {
    const { clientId, keepaliveS = 30, subscriptions, maxPayloadBytes, wireClock, onBatch } = this.#options;
    const connection = new SubscriberConnection({
      address: this.#address,
      clientId,
      keepaliveS,
      subscriptions,
      maxPayloadBytes,
      clock: wireClock,
      onReady: (sessionPresent) => this.#ready(sessionPresent),
      onMessages: (messages, bytes) => {
        this.#inFlight += messages.length;
        this.#inFlightBytes += bytes;
        this.#regulate();
        onBatch({
          messages,
          acknowledge: () => {
            this.#inFlight -= messages.length;
            this.#inFlightBytes -= bytes;
            connection.acknowledge(messages);
            this.#regulate();
          },
        });
        for (const { topic } of messages) this.#receiver.received(topic);
      },
      onClosed: (reason) => this.#closed(reason),
    });
    this.#connection = connection;
  }

  #ready(sessionPresent: boolean): void {
    const { logger, clientId, wireClock } = this.#options;
    if (this.#everLive && !sessionPresent) {
      logger.warn({ clientId, broker: this.#label }, 'the MQTT broker forgot the session, and what it kept for it');
    }
    this.#liveSince = wireClock.now();
    this.#everLive = true;
    this.#receiver.live();
    this.#connected();
    this.#settleStart?.();
    this.#regulate();
  }

  #closed(reason: unknown): void {
    const liveSince = this.#liveSince;
    this.#liveSince = undefined;
    this.#connection = undefined;
    this.#receiver.away();
    if (this.#settleStop) this.#settleStop();
    else if (this.#settleStart) this.#settleStart(this.#unreachable(reason));
    else this.#reconnect(liveSince, reason);
  }

  #reconnect(liveSince: number | undefined, reason: unknown): void {
    const { logger, clientId, wireClock } = this.#options;
    // Two bridges of one name end each other's connection, and a packet that cannot be read comes again: not at full speed.
    const livedMs = liveSince === undefined ? 0 : wireClock.now() - liveSince;
    if (livedMs >= BACKOFF_MS.longest) this.#backoffMs = BACKOFF_MS.first;
    const fields = { clientId, broker: this.#label, error: reasonOf(reason), retryInMs: this.#backoffMs };
    if (liveSince !== undefined) logger.warn(fields, 'lost the MQTT broker; connecting again');
    else logger.debug(fields, 'the MQTT broker does not take the connection yet');
    this.#connecting ??= this.#transit.begin('mqtt', `${clientId} connects`);
    this.#retry = wireClock.after('MQTT reconnect', this.#backoffMs, () => this.#connect());
    this.#backoffMs = Math.min(2 * this.#backoffMs, BACKOFF_MS.longest);
  }

  /** Pauses at the bounds, and reads on below half of them: not once for each message. */
  #regulate(): void {
    const load = Math.max(this.#inFlight / this.#maxInFlight, this.#inFlightBytes / this.#maxInFlightBytes);
    if (this.#holding || load >= 1) this.#connection?.pause();
    else if (load <= 0.5) this.#connection?.resume();
  }

  #connected(): void {
    this.#connecting?.();
    this.#connecting = undefined;
  }

  #unreachable(cause: unknown): SmokewireError {
    return new SmokewireError('MQTT_UNREACHABLE', `the MQTT broker at ${this.#label}: ${reasonOf(cause)}`, { cause });
  }

  #stoppedError(): SmokewireError {
    return new SmokewireError('STOPPED', `${this.name} was stopped`);
  }
}
