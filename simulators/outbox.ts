import type { SmokewireError } from '../contracts/errors.ts';
import type { SignalValue } from '../contracts/mqtt-payloads.ts';
import type { Connection } from './connection.ts';
import { FIRST_SIGNAL_ID, type Place, signalPacket } from './detector-packets.ts';

/** Called once it is done, or with the reason why it never will be. */
export type Settle = (error?: SmokewireError) => void;

/** A signal at QoS 1 that the broker has not acknowledged yet. */
interface Entry {
  readonly value: SignalValue;
  readonly payload: string;
  readonly packetId: number;
  /** The connection on which it was sent last. */
  sentOn: Connection | undefined;
  readonly settles: Settle[];
}

const LAST_PACKET_ID = 0xffff;

/**
 * A detector's signals at QoS 1, kept until the broker acknowledges them, and sent anew on each further connection. Within
 * one connection nothing is repeated: TCP does that, and a connection on which no answer comes is given up.
 */
export class Outbox {
  readonly #place: Place;
  #entries: Entry[] = [];
  #lastPacketId = FIRST_SIGNAL_ID - 1;

  constructor(place: Place) {
    this.#place = place;
  }

  get empty(): boolean {
    return this.#entries.length === 0;
  }

  /** Adds a signal, or joins the newest one if that says the same: while it is on its way, another would say nothing new. */
  put(value: SignalValue, payload: string, settle?: Settle): void {
    let entry = this.#entries.at(-1);
    if (entry?.value !== value) {
      this.#lastPacketId = this.#lastPacketId < LAST_PACKET_ID ? this.#lastPacketId + 1 : FIRST_SIGNAL_ID;
      entry = { value, payload, packetId: this.#lastPacketId, sentOn: undefined, settles: [] };
      this.#entries.push(entry);
    }
    if (settle) entry.settles.push(settle);
  }

  /** Sends what has not been sent on this connection, oldest first; with DUP where an earlier connection had it. */
  flush(connection: Connection): void {
    for (const entry of this.#entries) {
      if (entry.sentOn === connection) continue;
      connection.write(signalPacket(this.#place, entry.payload, entry.packetId, entry.sentOn !== undefined));
      entry.sentOn = connection;
    }
  }

  /** Answers whether it was waiting for this one. */
  acknowledged(packetId: number): boolean {
    const at = this.#entries.findIndex((entry) => entry.packetId === packetId);
    if (at === -1) return false;
    for (const entry of this.#entries.splice(at, 1)) for (const settle of entry.settles) settle();
    return true;
  }

  /** Forgets everything. */
  abandon(error: SmokewireError): void {
    const abandoned = this.#entries;
    this.#entries = [];
    for (const entry of abandoned) for (const settle of entry.settles) settle(error);
  }
}
