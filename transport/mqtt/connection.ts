import type { Socket } from 'node:net';
import { generate } from 'mqtt-packet';
import type { Clock, Timer } from '../../contracts/clock.ts';
import { type BrokerAddress, openSocket } from './address.ts';
import { type ControlPacket, FrameReader, PACKET, type Publish } from './frames.ts';

export interface SubscriberConnectionOptions {
  readonly address: BrokerAddress;
  readonly clientId: string;
  readonly keepaliveS: number;
  readonly subscriptions: Readonly<Record<string, 0 | 1>>;
  readonly maxPayloadBytes: number;
  /** The wire's clock. */
  readonly clock: Clock;
  /** Connected and subscribed; `sessionPresent` where the broker still knew this client. */
  readonly onReady: (sessionPresent: boolean) => void;
  /** The messages of one read, and how many bytes they hold in memory. */
  readonly onMessages: (messages: readonly Publish[], bytes: number) => void;
  /** Called once, when nothing is left of it. */
  readonly onClosed: (reason: unknown) => void;
}

/** From the first SYN to the SUBACK, in milliseconds. */
const SETUP_TIMEOUT_MS = 5_000;
const SUBSCRIBE_ID = 1;
/** Type, remaining length, and room for the packet id (MQTT 3.1.1, 3.4). */
const PUBACK = 0x4002_0000;
const PINGREQ = Buffer.from([0xc0, 0x00]);
const DISCONNECT = Buffer.from([0xe0, 0x00]);
const REFUSED = 0x80;
/** CONNACK return codes (MQTT 3.1.1, 3.2.2.3). */
const REFUSALS: readonly string[] = [
  '',
  'it refuses the protocol version',
  'it refuses the client id',
  'it is unavailable',
  'it refuses user name or password',
  'it does not authorise this client',
];

/** One connection of a subscriber with a persistent session: CONNECT, SUBSCRIBE, messages, until it closes. */
export class SubscriberConnection {
  readonly #options: SubscriberConnectionOptions;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #setup: Timer;
  #keepalive: Timer | undefined;
  #messages: Publish[] = [];
  #done: (readonly Publish[])[] = [];
  #state: 'connecting' | 'subscribing' | 'live' | 'closing' = 'connecting';
  #sessionPresent = false;
  /** Something came since the last PINGREQ, or could not be looked at because reading was paused. */
  #heard = true;
  /** To be called at each PINGRESP that is owed, in their order. */
  #pings: (() => void)[] = [];
  #reason: unknown;

  constructor(options: SubscriberConnectionOptions) {
    this.#options = options;
    this.#reader = new FrameReader({
      maxPayloadBytes: options.maxPayloadBytes,
      onPublish: (message) => void this.#messages.push(message),
      onControl: (packet) => this.#control(packet),
    });
    this.#setup = options.clock.after('MQTT connect', SETUP_TIMEOUT_MS, () =>
      this.destroy(new Error(`it did not accept the connection within ${SETUP_TIMEOUT_MS} ms`)),
    );
    this.#socket = openSocket(options.address)
      .on('data', (chunk) => this.#data(chunk))
      .on('error', (error) => this.destroy(error))
      .on('close', () => this.#closed());
    this.#socket.write(connectPacket(options));
  }

  /** Stops reading: TCP then holds the broker back. PINGREQs go on, so that it keeps the connection. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#socket.isPaused()) return;
    this.#heard = true;
    this.#socket.resume();
  }

  /** Resolves when the broker has answered a PINGREQ that is sent now, or the connection is closed. */
  ping(): Promise<void> {
    if (this.#state !== 'live') return Promise.resolve();
    return new Promise((resolve) => this.#sendPing(resolve));
  }

  /** PUBACK for each message at QoS 1. What is acknowledged in one turn is written together. */
  acknowledge(messages: readonly Publish[]): void {
    if (this.#done.length === 0) process.nextTick(() => this.#writeAcknowledgements());
    this.#done.push(messages);
  }

  /** Says DISCONNECT after what was written before, and closes. */
  goodbye(): void {
    // A broker that does not read would never let it out.
    this.#writeAcknowledgements();
    const deaf = this.#state !== 'live' || this.#socket.writableNeedDrain;
    this.#state = 'closing';
    if (deaf) this.#socket.destroy();
    else this.#socket.end(DISCONNECT, () => this.#socket.destroy());
  }

  /** Closes at once; the first reason is the one that is told. */
  destroy(reason: unknown): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #data(chunk: Buffer): void {
    this.#heard = true;
    if (this.#state === 'closing') return;
    try {
      this.#reader.read(chunk);
      if (this.#messages.length === 0) return;
      if (this.#state === 'connecting') throw new Error('a message came before the connection was accepted');
    } catch (error) {
      // What came before the broken packet is dropped with the connection: not acknowledged, it comes again.
      this.destroy(error);
      return;
    }
    const messages = this.#messages;
    this.#messages = [];
    this.#options.onMessages(messages, chunk.length);
  }

  #writeAcknowledgements(): void {
    const done = this.#done.flat();
    this.#done = [];
    if (this.#state === 'closing' || this.#socket.destroyed) return;
    const packets = Buffer.allocUnsafe(4 * done.length);
    let end = 0;
    for (const { packetId } of done) {
      if (packetId === 0) continue;
      end = packets.writeUInt32BE(PUBACK + packetId, end);
    }
    if (end > 0) this.#socket.write(packets.subarray(0, end));
  }

  #control({ type, body }: ControlPacket): void {
    if (type === PACKET.pingresp) this.#pings.shift()?.();
    else if (type === PACKET.connack && this.#state === 'connecting') this.#connack(body);
    else if (type === PACKET.suback && this.#state === 'subscribing') this.#suback(body);
    else throw new Error(`a packet of type ${type} came out of turn`);
  }

  #connack(body: Buffer): void {
    const [flags = 0, code = 1] = body;
    if (code !== 0) throw new Error(REFUSALS[code] ?? `it refuses with code ${code}`);
    this.#sessionPresent = (flags & 1) === 1;
    this.#state = 'subscribing';
    // Also when the session is present: the filters may have changed since, and the retained states that come with a new
    // subscription make up for what a broker dropped from a full queue.
    this.#socket.write(
      generate({
        cmd: 'subscribe',
        messageId: SUBSCRIBE_ID,
        subscriptions: Object.entries(this.#options.subscriptions).map(([topic, qos]) => ({ topic, qos })),
      }),
    );
    const { clock, keepaliveS } = this.#options;
    // Twice as often as promised: the broker gives up at one and a half [MQTT-3.1.2-24].
    this.#keepalive = clock.every('MQTT keepalive', keepaliveS * 500, () => this.#keepAlive());
  }

  #suback(body: Buffer): void {
    const wanted = Object.entries(this.#options.subscriptions);
    if (body.length !== 2 + wanted.length || body.readUInt16BE(0) !== SUBSCRIBE_ID) {
      throw new Error('the answer to the subscription does not fit it');
    }
    for (const [i, [filter, qos]] of wanted.entries()) {
      const granted = body[2 + i] ?? REFUSED;
      // Less than asked for would let signals get lost that were acknowledged to their detectors.
      if (granted === REFUSED || granted < qos)
        throw new Error(`it refuses the subscription to ${filter} at QoS ${qos}`);
    }
    this.#setup.cancel();
    this.#state = 'live';
    this.#options.onReady(this.#sessionPresent);
  }

  #keepAlive(): void {
    if (!this.#heard && !this.#socket.isPaused()) this.destroy(new Error('it does not answer a ping'));
    this.#heard = false;
    this.#sendPing(() => {});
  }

  #sendPing(answered: () => void): void {
    this.#pings.push(answered);
    this.#socket.write(PINGREQ);
  }

  #closed(): void {
    this.#setup.cancel();
    this.#keepalive?.cancel();
    this.#state = 'closing';
    for (const answered of this.#pings.splice(0)) answered();
    this.#options.onClosed(this.#reason ?? new Error('the broker closed the connection'));
  }
}

function connectPacket({ address, clientId, keepaliveS }: SubscriberConnectionOptions): Buffer {
  return generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId,
    clean: false,
    keepalive: keepaliveS,
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: Buffer.from(address.password) }),
  });
}
