import type { InRecord } from '../contracts/kafka-records.ts';
import type { RecordBatch } from '../transport/kafka/types.ts';
import { OffsetTracker } from './offset-tracker.ts';

/** How far to read ahead of what is done, in each partition of a topic: whichever is reached first. */
export interface ReadAhead {
  readonly records: number;
  readonly bytes: number;
}

/** Far enough to find a fire behind ten thousand faults. */
export const READ_AHEAD: ReadAhead = { records: 10_000, bytes: 16 * 1024 * 1024 };

/** What an intake asks of the claim to its partition. */
export interface IntakePort {
  done(offset: number): void;
  /** Reads no further. */
  pause(): void;
  /** Reads on from there. */
  read(offset: number): void;
}

/** One topic of a partition while it is ours: what was taken in hand, what of it is done, and when to stop reading ahead. */
export class Intake {
  readonly #port: IntakePort;
  readonly #limit: ReadAhead;
  readonly #offsets = new OffsetTracker();
  #bytes = 0;
  #nextOffset = 0;
  #paused = false;
  #closing = false;
  #lost = false;

  constructor(port: IntakePort, limit: ReadAhead = READ_AHEAD) {
    this.#port = port;
    this.#limit = limit;
  }

  /** Whether the partition is about to be given back: what has not begun does not begin any more. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Whether the partition is given back: what ends now is repeated by its next owner. */
  get lost(): boolean {
    return this.#lost;
  }

  get paused(): boolean {
    return this.#paused;
  }

  close(): void {
    this.#closing = true;
  }

  lose(): void {
    this.#closing = true;
    this.#lost = true;
  }

  /** Takes a batch in hand, and answers its records without those that are in hand already. */
  take(batch: RecordBatch): readonly InRecord[] {
    this.#nextOffset = batch.nextOffset;
    const fresh = batch.records.filter((record) => this.#offsets.take(record.offset));
    for (const record of fresh) this.#bytes += sizeOf(record);
    if (!this.#paused && this.#isFull(1)) {
      this.#paused = true;
      this.#port.pause();
    }
    return fresh;
  }

  /** The record is sent, published again or buried, and Kafka has acknowledged that. */
  finish(record: InRecord): void {
    if (this.#lost) return;
    this.#bytes -= sizeOf(record);
    const watermark = this.#offsets.finish(record.offset);
    if (watermark !== undefined) this.#port.done(watermark);
    // Half the limit, so that stopping and going on do not take turns with each record.
    if (!this.#paused || this.#closing || this.#isFull(0.5)) return;
    this.#paused = false;
    this.#port.read(this.#nextOffset);
  }

  #isFull(part: number): boolean {
    return this.#offsets.open >= this.#limit.records * part || this.#bytes >= this.#limit.bytes * part;
  }
}

function sizeOf(record: InRecord): number {
  return record.value?.length ?? 0;
}
