import type { Clock } from '../contracts/clock.ts';
import { SmokewireError } from '../contracts/errors.ts';
import type { DetectorAction } from '../contracts/http.ts';
import type { DetectorMode, SignalValue } from '../contracts/mqtt-payloads.ts';
import { type DetectorSubject, detectorTopic } from '../contracts/mqtt-topics.ts';
import type { Ended, Receiver, Transit } from '../contracts/transit.ts';
import { addressLabel, type BrokerAddress } from '../transport/mqtt/address.ts';
import type { Rider } from './carousel.ts';
import type { Applicant, ConnectGate } from './connect-gate.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { DetectorIdentity } from './detector-identity.ts';
import {
  BIRTH,
  birthPackets,
  clientIdOf,
  connectPacket,
  deathPacket,
  heartbeatPacket,
  type Place,
} from './detector-packets.ts';
import { Outbox, type Settle } from './outbox.ts';

/** What all detectors of a fleet share. */
export interface DetectorHost {
  readonly address: BrokerAddress;
  readonly root: string;
  readonly site: string;
  readonly keepaliveS: number;
  /** How long an action may take, in milliseconds. */
  readonly deadlineMs: number;
  readonly wireClock: Clock;
  readonly gate: ConnectGate;
  /** Is told what is on its way. */
  readonly transit: Transit;
  /** Where the detector's connections come from; undefined leaves it to the system. */
  localAddress(id: number): string | undefined;
  /** `settled` may have changed. */
  changed(detector: Detector): void;
}

/** What is wrong with a device on purpose (device-faults.ts). */
export interface Defects {
  /** It keeps its own time: its turns in the carousel count for nothing. */
  ownPace?: boolean;
  /** It signals 1 whatever it should say. */
  stuckAt1?: boolean;
  /** What it says for a value; a bare `0` or `1` without. */
  words?: (value: SignalValue) => string;
}

export type SimulatedState = 'connected' | 'killed' | 'silenced' | 'connecting';

/** The birth of a connection that the broker has not accepted yet; 0 is that of a detector that is up. */
const UNBORN = -1;
/** A connection that lived for less was hardly wanted: another client may have the same name. */
const SHORT_LIFE_S = 5;

/**
 * One simulated detector: what it does when it is tripped, killed and so on (contract.md), over an MQTT session of its own.
 * Whatever happens to its connection it comes back, unless it was killed.
 */
export class Detector implements Rider, Applicant, ConnectionOwner {
  readonly id: number;
  readonly floor: number;
  readonly mode: DetectorMode;
  readonly heartbeatMs: number;
  readonly phaseMs: number;
  readonly defects: Defects = {};
  readonly #host: DetectorHost;
  #condition: 'well' | 'silenced' | 'killed' = 'well';
  #tripped = false;
  #connection: Connection | undefined;
  /** The packet ids of its birth that are not acknowledged yet, as bits. */
  #birth = UNBORN;
  /** A bare heartbeat, encoded once: it is sent a thousand times. */
  #bareHeartbeat: Buffer | undefined;
  /** Made at the first signal at QoS 1: most detectors never send one. */
  #outbox: Outbox | undefined;
  /** Those who wait until it is up. */
  #rising: Settle[] | undefined;
  /** Told while it wants to be up and is not, and while signals of it wait for their acknowledgement. */
  #seeking: Ended | undefined;
  #sending: Ended | undefined;
  #receiver: Receiver | undefined;

  constructor(identity: DetectorIdentity, host: DetectorHost) {
    this.id = identity.id;
    this.floor = identity.floor;
    this.mode = identity.mode;
    this.heartbeatMs = identity.heartbeatMs;
    this.phaseMs = identity.phaseMs;
    this.#host = host;
  }

  get state(): SimulatedState {
    if (this.#condition !== 'well') return this.#condition;
    return this.#up ? 'connected' : 'connecting';
  }

  get tripped(): boolean {
    return this.#tripped;
  }

  /** In the carousel: it signals 1. */
  get loud(): boolean {
    return this.#alarmed && this.#condition === 'well' && this.defects.ownPace !== true;
  }

  /** Whether its connection is as it should be. */
  get settled(): boolean {
    return this.#up || this.#condition === 'killed';
  }

  /**
   * Signals 1 at once at QoS 1, also if it is passive, and from now on in every heartbeat or answer. Resolves when the
   * broker acknowledged. One that is killed or silenced is tripped without a word: the 1 goes out when it is revived.
   * @throws SmokewireError WAIT_TIMEOUT (it is still being sent), STOPPED (killed, silenced or stopped meanwhile)
   */
  trip(): Promise<void> {
    this.#tripped = true;
    return this.#tell('trip', 1);
  }

  /**
   * Signals 0 at once at QoS 1, so that nobody has to wait for a heartbeat; nothing if it is not tripped, or stuck at 1. Throws
   * as `trip`.
   */
  clear(): Promise<void> {
    if (!this.#tripped) return Promise.resolve();
    this.#tripped = false;
    return this.#alarmed ? Promise.resolve() : this.#tell('clear', 0);
  }

  /** It signals 1 from its next turn on, whatever it should say, until the answer is called; then it says how it stands. */
  stick(): () => Promise<void> {
    this.defects.stuckAt1 = true;
    return () => {
      this.defects.stuckAt1 = false;
      return this.#tripped ? Promise.resolve() : this.#tell('clear', 0);
    };
  }

  /** Drops the TCP connection without DISCONNECT, and stays away. Resolves when the socket is gone. */
  kill(): Promise<void> {
    // The broker publishes its will.
    if (this.#up) this.#published('status');
    this.#condition = 'killed';
    this.#abandon('killed');
    this.#watched.away();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#birth = UNBORN;
    this.#host.gate.withdraw(this);
    this.#host.changed(this);
    return connection?.drop('killed') ?? Promise.resolve();
  }

  /** Stays connected and sends no signal. One that is killed stays killed. */
  silence(): Promise<void> {
    if (this.#condition === 'well') {
      this.#condition = 'silenced';
      this.#abandon('silenced');
    }
    return Promise.resolve();
  }

  /** Back to work: resolves when it is connected and has signalled. It stays tripped if it was. Throws as `trip`. */
  revive(): Promise<void> {
    const before = this.#condition;
    this.#condition = 'well';
    if (before === 'killed') this.seek();
    if (!this.#up) {
      return this.#await('revive', (settle) => {
        this.#rising = [...(this.#rising ?? []), settle];
      });
    }
    if (before === 'silenced') this.#report();
    return Promise.resolve();
  }

  /** Wants a connection. */
  seek(): void {
    this.#seeking ??= this.#host.transit.begin('mqtt', `${clientIdOf(this.#place)} connects`);
    this.#host.changed(this);
    this.#host.gate.request(this);
  }

  /** Its turn at the gate. */
  connect(): void {
    const { address, keepaliveS } = this.#host;
    const packet = connectPacket(this.#place, keepaliveS, address);
    this.#connection = new Connection(address, this.#host.localAddress(this.id), packet, this);
  }

  /** Its turn in the carousel. */
  beat(): void {
    if (this.defects.ownPace !== true) this.speak();
  }

  /** Signals as it stands, if it can. */
  speak(): void {
    if (this.#condition === 'well') this.#signal();
  }

  /** To be called once a second. */
  second(): void {
    // A ping after half the keepalive is in time however late this call comes: the broker waits for 1.5 of it (3.1.2.10).
    this.#connection?.second(this.#host.keepaliveS / 2, !this.#up || this.#outbox?.empty === false);
  }

  /** Switches it off in good order: `offline`, then DISCONNECT. Resolves when the socket is gone. */
  async stop(): Promise<void> {
    this.#abandon('stopped');
    if (this.#up) await this.#connection?.end(deathPacket(this.#place));
    else await this.drop();
  }

  /** Cuts the connection if there is one. */
  async drop(): Promise<void> {
    await this.#connection?.drop('stopped');
  }

  accepted(connection: Connection): void {
    if (connection !== this.#connection || this.#birth !== UNBORN) return;
    const { id, floor, mode, heartbeatMs } = this;
    this.#birth = BIRTH.config | BIRTH.status | (mode === 'passive' ? BIRTH.subscribe : 0);
    const config = { mode, heartbeatMs, kind: 'smoke', label: `detector ${id} on floor ${floor}` };
    // From now on it has a will.
    this.#watched.live();
    connection.write(birthPackets(this.#place, config));
  }

  acknowledged(connection: Connection, packetId: number): void {
    if (connection !== this.#connection) return;
    if (this.#up) {
      if (this.#outbox?.acknowledged(packetId)) this.#published('signal');
      if (this.#outbox?.empty) this.#sent();
    } else if (this.#birth !== UNBORN) {
      this.#birth &= ~packetId;
      if (packetId === BIRTH.config) this.#published('config');
      if (packetId === BIRTH.status) this.#published('status');
      if (this.#up) this.#rise();
    }
  }

  /** A poll. */
  asked(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.speak();
    this.#watched.received(this.#topic('poll'));
  }

  closed(connection: Connection, reason: string): void {
    if (connection !== this.#connection) return;
    const failed = !this.#up || connection.ageS < SHORT_LIFE_S;
    this.#connection = undefined;
    this.#birth = UNBORN;
    this.#sent();
    this.#watched.away();
    this.#seeking ??= this.#host.transit.begin('mqtt', `${clientIdOf(this.#place)} connects`);
    if (failed) this.#host.gate.failed(this, reason);
    else this.#host.gate.request(this);
    this.#host.changed(this);
  }

  get #alarmed(): boolean {
    return this.#tripped || this.defects.stuckAt1 === true;
  }

  get #up(): boolean {
    return this.#birth === 0;
  }

  get #place(): Place {
    return { root: this.#host.root, site: this.#host.site, floor: this.floor, id: this.id };
  }

  /** The broker has all of its birth. */
  #rise(): void {
    this.#host.gate.succeeded(this);
    this.#host.changed(this);
    this.#sought();
    if (this.#condition === 'well') this.#report();
    const rising = this.#rising ?? [];
    this.#rising = undefined;
    for (const settle of rising) settle();
  }

  /** Speaks without waiting for its turn: what is not acknowledged yet, or how it stands, unless it is passive and well. */
  #report(): void {
    if (this.#outbox?.empty === false && this.#connection) this.#flush(this.#connection);
    else if (this.mode === 'active' || this.#alarmed) this.#signal();
  }

  /** Signals as it stands: 0 once, at QoS 0 and only if the socket is free for it; 1 until it is acknowledged. */
  #signal(): void {
    const connection = this.#connection;
    if (!this.#up || !connection) return;
    if (this.#alarmed) {
      this.#outgoing.put(1, this.#words(1));
      this.#flush(connection);
    } else if (connection.writable) {
      connection.write(this.#heartbeat());
      this.#published('signal');
    }
  }

  get #outgoing(): Outbox {
    this.#outbox ??= new Outbox(this.#place);
    return this.#outbox;
  }

  #heartbeat(): Buffer {
    if (this.defects.words) return heartbeatPacket(this.#place, this.#words(0));
    this.#bareHeartbeat ??= heartbeatPacket(this.#place, this.#words(0));
    return this.#bareHeartbeat;
  }

  #words(value: SignalValue): string {
    return this.defects.words?.(value) ?? String(value);
  }

  #tell(action: DetectorAction, value: SignalValue): Promise<void> {
    if (this.#condition !== 'well') return Promise.resolve();
    return this.#await(action, (settle) => {
      this.#outgoing.put(value, this.#words(value), settle);
      if (this.#up && this.#connection) this.#flush(this.#connection);
    });
  }

  #await(action: DetectorAction, begin: (settle: Settle) => void): Promise<void> {
    const { wireClock, deadlineMs, address } = this.#host;
    return new Promise((resolve, reject) => {
      const late = `${action} of detector ${this.id}: no answer from ${addressLabel(address)} in ${deadlineMs} ms; still trying`;
      const deadline = wireClock.after(`detector ${action}`, deadlineMs, () => {
        reject(new SmokewireError('WAIT_TIMEOUT', late));
      });
      begin((error) => {
        deadline.cancel();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #flush(connection: Connection): void {
    this.#sending ??= this.#host.transit.begin('mqtt', `${clientIdOf(this.#place)} signals`);
    this.#outgoing.flush(connection);
  }

  /** What is told of its connection. An active detector receives nothing, but leaves something behind that only the broker knows. */
  get #watched(): Receiver {
    this.#receiver ??= this.#host.transit.receiver(clientIdOf(this.#place), {
      filters: this.mode === 'passive' ? [this.#topic('poll')] : [],
    });
    return this.#receiver;
  }

  #sent(): void {
    this.#sending?.();
    this.#sending = undefined;
  }

  #sought(): void {
    this.#seeking?.();
    this.#seeking = undefined;
  }

  #published(subject: DetectorSubject): void {
    this.#host.transit.published(this.#topic(subject));
  }

  #topic(subject: DetectorSubject): string {
    const { root, site } = this.#host;
    return detectorTopic(root, site, this.floor, this.id, subject);
  }

  #abandon(what: string): void {
    this.#sent();
    this.#sought();
    if (this.#outbox === undefined && this.#rising === undefined) return;
    const error = new SmokewireError('STOPPED', `detector ${this.id} was ${what} before the broker answered`);
    this.#outbox?.abandon(error);
    const rising = this.#rising ?? [];
    this.#rising = undefined;
    for (const settle of rising) settle(error);
  }
}
