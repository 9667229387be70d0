import type { Clock } from '../../contracts/clock.ts';
import { batchAppendedAt, batchProblem, batchProducer, type ProducerStamp, stampBatch } from './batch.ts';
import { type Cleaned, Cleaner } from './cleaner.ts';
import type { CompactionOptions } from './compaction.ts';
import { ErrorCode } from './error-codes.ts';
import { type Ending, markerBatch } from './marker.ts';
import type { AbortedTransaction } from './open-transactions.ts';
import { ProducerState } from './producer-state.ts';
import { keylessRecords, type TimestampedOffset } from './records.ts';
import { expired } from './retention.ts';
import { Segments } from './segments.ts';
import { Slab } from './slab.ts';
import { type KeptLog, type LogBounds, type LogStore, StorageFailure } from './store.ts';
import type { LogConfig } from './topic-config.ts';

/** The first slab of a log; each next one is four times as large, up to `segment.bytes`. */
const FIRST_SLAB_BYTES = 16 * 1024;

/**
 * Hears of every batch appended: its bytes, and by how many more bytes can be read of decided transactions now. 0 bytes
 * mean that the log was deleted.
 */
export type Watcher = (bytes: number, stableBytes: number) => void;

/** What became of an append; `baseOffset` is −1 with an error. */
export interface Appended {
  readonly error: ErrorCode;
  readonly baseOffset: number;
  /** Milliseconds since the epoch, where records get the time of their append; −1 otherwise. */
  readonly appendTime: number;
  /** The first offset that can be read; −1 where the batch did not come so far that the log was asked. */
  readonly startOffset: number;
  /** The records for which a compacted topic refused the batch, by their index in it. */
  readonly keyless?: readonly number[];
}

/**
 * One partition: batches as they came, in slabs. Nothing is parsed but batch headers, save for a lookup by timestamp
 * and compaction. The high watermark is the end, since there is one replica.
 */
export class PartitionLog implements Cleaned {
  readonly segments = new Segments();
  readonly #clock: Clock;
  readonly #config: () => LogConfig;
  readonly #store: LogStore | undefined;
  readonly #producers = new ProducerState();
  readonly #cleaner = new Cleaner(this);
  readonly #watchers = new Set<Watcher>();
  #startOffset = 0;
  #endOffset = 0;
  #compactedUpTo = 0;

  /** With a `store`, the log is what was kept there, and is kept there. */
  constructor(clock: Clock, config: () => LogConfig, store?: LogStore) {
    this.#clock = clock;
    this.#config = config;
    this.#store = store;
    const kept = store?.load();
    if (kept) this.#restore(kept);
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    this.#expire(this.#clock.now());
    return this.#startOffset;
  }

  /** One past the last offset; the next record gets it. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** The last stable offset: from here on something belongs to a transaction that is still open, or nothing is there. */
  get stableOffset(): number {
    return Math.max(this.#startOffset, this.#producers.firstOpenOffset ?? this.#endOffset);
  }

  /** Bytes of all batches held. */
  get bytes(): number {
    return this.segments.bytes;
  }

  get compactedUpTo(): number {
    return this.#compactedUpTo;
  }

  /** Takes one batch of a Produce request. */
  append(batch: Buffer): Appended {
    const { maxMessageBytes, compacts, logAppendTime } = this.#config();
    const error = batchProblem(batch, maxMessageBytes);
    if (error !== ErrorCode.NONE) return notAppended(error);
    const now = this.#clock.now();
    this.#expire(now);
    const startOffset = this.#startOffset;
    const keyless = compacts ? keylessRecords(batch) : [];
    if (keyless.length > 0) return { ...notAppended(ErrorCode.INVALID_RECORD, startOffset), keyless };
    const stamp = batchProducer(batch, 0);
    const verdict = this.#producers.judge(stamp);
    if (verdict.kind === 'error') return notAppended(verdict.error, startOffset);
    if (verdict.kind === 'duplicate') return { error, baseOffset: verdict.baseOffset, appendTime: -1, startOffset };
    const baseOffset = this.#append(logAppendTime ? batchAppendedAt(batch, now) : batch, now, stamp);
    return { error, baseOffset, appendTime: logAppendTime ? now : -1, startOffset: this.#startOffset };
  }

  /** Whether the producer has written something here whose transaction is still open. */
  hasOpenTransaction(producerId: number): boolean {
    return this.#producers.isOpen(producerId);
  }

  /** The producers of which something here belongs to a transaction that is still open. */
  get openTransactions(): readonly number[] {
    return this.#producers.open;
  }

  /** Writes the marker that ends a producer's transaction, also where it wrote nothing. */
  endTransaction(ending: Ending): void {
    const now = this.#clock.now();
    this.#append(markerBatch(ending, now), now);
  }

  /** The aborted transactions of which something lies in `slices`, which were read from `offset`. */
  aborted(offset: number, slices: readonly Buffer[]): readonly AbortedTransaction[] {
    return this.#producers.aborted(offset, slices);
  }

  /**
   * Whole batches from the one that holds `offset` on, at most `maxBytes`, as slices of the log; with `atLeastOne`, the
   * first batch however large. `offset` lies between start and end, both included; `upTo`, before which it ends, is where a
   * batch starts.
   */
  read(offset: number, maxBytes: number, atLeastOne: boolean, upTo: number = this.#endOffset): Buffer[] {
    return offset >= upTo ? [] : this.segments.read(offset, maxBytes, atLeastOne, upTo);
  }

  /** The greatest timestamp of a record; −1 without records. */
  get newestTimestamp(): number {
    return this.segments.newestTimestamp(this.startOffset);
  }

  /** The first record that is not older than `timestamp`; undefined when all are. */
  offsetAt(timestamp: number): TimestampedOffset | undefined {
    return this.segments.offsetAt(timestamp, this.startOffset);
  }

  /** Moves the start to `offset`, which lies within the log, and gives back what lies before it. */
  deleteBefore(offset: number): void {
    this.#startOffset = Math.max(this.#startOffset, offset);
    this.#store?.trim(this.#bounds);
    this.#dropBeforeStart();
  }

  watch(watcher: Watcher): void {
    this.#watchers.add(watcher);
  }

  unwatch(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  /** The topic is gone: whoever waits for records is told. */
  delete(): void {
    this.segments.clear();
    this.#store?.delete();
    for (const watcher of this.#watchers) watcher(0, 0);
  }

  /** For the cleaner, as `compacted` is. */
  compaction(): CompactionOptions | undefined {
    const { compacts, deleteRetentionMs, segmentBytes } = this.#config();
    if (!compacts) return undefined;
    const wasAborted = (producerId: number, offset: number) => this.#producers.wasAborted(producerId, offset);
    return { now: this.#clock.now(), deleteRetentionMs, segmentBytes, wasAborted };
  }

  compacted(old: readonly Slab[], by: readonly Slab[], upTo: number): boolean {
    if (this.#store?.replace(old, by, { ...this.#bounds, compactedUpTo: upTo }) === false) return false;
    this.#compactedUpTo = upTo;
    this.segments.replace(old, by);
    this.#producers.forget(upTo);
    return true;
  }

  /** Answers with the batch's offset. */
  #append(batch: Buffer, now: number, stamp?: ProducerStamp): number {
    const stableBefore = this.#producers.stableBytes;
    const firstOffset = this.#endOffset;
    const slab = this.#slabFor(batch.length, now);
    stampBatch(batch, 0, firstOffset);
    this.#store?.append(slab, batch);
    this.segments.append(slab, batch, now);
    this.#endOffset = slab.endOffset;
    if (stamp) this.#producers.appended(stamp, firstOffset, batch.length);
    else this.#producers.ended(batch, 0);
    this.#expire(now);
    if (this.#watchers.size === 0) return firstOffset;
    const stable = this.#producers.stableBytes - stableBefore;
    for (const watcher of this.#watchers) watcher(batch.length, stable);
    return firstOffset;
  }

  #restore({ slabs, state, behindState, startOffset, compactedUpTo }: KeptLog): void {
    for (const slab of slabs) this.segments.add(slab);
    this.#startOffset = startOffset;
    this.#endOffset = Math.max(startOffset, slabs.at(-1)?.endOffset ?? 0);
    this.#compactedUpTo = compactedUpTo;
    this.#producers.restore(state, behindState);
    this.#dropBeforeStart();
  }

  get #bounds(): LogBounds {
    return { startOffset: this.#startOffset, compactedUpTo: this.#compactedUpTo };
  }

  #slabFor(length: number, now: number): Slab {
    const { newest } = this.segments;
    if (newest?.fits(length)) return newest;
    const size = Math.min(Math.max(FIRST_SLAB_BYTES, (newest?.capacity ?? 0) * 4), this.#config().segmentBytes);
    const slab = new Slab(this.#endOffset, Math.max(size, length), now);
    this.#store?.roll(slab, this.#producers.state);
    this.segments.add(slab);
    this.#cleaner.cleanWhenWorthIt();
    return slab;
  }

  #expire(now: number): void {
    const config = this.#config();
    for (let slab = expired(this.segments, config, now); slab; slab = expired(this.segments, config, now)) {
      this.#startOffset = Math.max(this.#startOffset, slab.endOffset);
      try {
        this.#drop(slab);
      } catch (error) {
        // On a disk that is full it stays until the next time: reading and writing do not depend on it.
        if (error instanceof StorageFailure) return;
        throw error;
      }
    }
  }

  #dropBeforeStart(): void {
    const { segments } = this;
    for (let slab = segments.oldest; slab && slab.endOffset <= this.#startOffset; slab = segments.oldest)
      this.#drop(slab);
  }

  #drop(oldest: Slab): void {
    this.#store?.trim(this.#bounds, oldest, this.segments.count === 1 ? this.#producers.state : undefined);
    this.segments.shift();
    this.#producers.forget(oldest.endOffset);
  }
}

export function notAppended(error: ErrorCode, startOffset = -1): Appended {
  return { error, baseOffset: -1, appendTime: -1, startOffset };
}
