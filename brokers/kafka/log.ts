import type { Clock } from '../../contracts/clock.ts';
import {
  batchAppendedAt,
  batchBaseOffset,
  batchBytes,
  batchIsControl,
  batchLastOffset,
  batchMaxTimestamp,
  batchProblem,
  batchProducer,
  stampBatch,
} from './batch.ts';
import { compact } from './compaction.ts';
import { ErrorCode } from './error-codes.ts';
import { type Ending, endingOf, markerBatch } from './marker.ts';
import { type AbortedTransaction, OpenTransactions } from './open-transactions.ts';
import { Producers } from './producers.ts';
import { hasNullKey, offsetInBatchAt, type TimestampedOffset } from './records.ts';
import { lastAtMost, Slab } from './slab.ts';
import type { KeptLog, LogBounds, LogState, LogStore } from './store.ts';
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
}

/**
 * One partition: batches as they came, in slabs. Nothing is parsed but batch headers, save for a lookup by timestamp
 * and compaction. The high watermark is the end, since there is one replica.
 */
export class PartitionLog {
  readonly #clock: Clock;
  readonly #config: () => LogConfig;
  readonly #store: LogStore | undefined;
  readonly #producers = new Producers();
  readonly #transactions = new OpenTransactions();
  readonly #watchers = new Set<Watcher>();
  #slabs: Slab[] = [];
  #bytes = 0;
  /** Of all batches that were ever appended. */
  #appendedBytes = 0;
  #startOffset = 0;
  #endOffset = 0;
  #compactedUpTo = 0;
  #compacting = false;

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
    this.#expire();
    return this.#startOffset;
  }

  /** One past the last offset; the next record gets it. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** The last stable offset: from here on something belongs to a transaction that is still open, or nothing is there. */
  get stableOffset(): number {
    return Math.max(this.#startOffset, this.#transactions.oldest?.firstOffset ?? this.#endOffset);
  }

  /** Bytes of all batches held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes one batch of a Produce request. */
  append(batch: Buffer): Appended {
    const { maxMessageBytes, compacts, logAppendTime } = this.#config();
    const error = batchProblem(batch, maxMessageBytes);
    if (error !== ErrorCode.NONE) return notAppended(error);
    const { startOffset } = this;
    const refused = (error: ErrorCode) => ({ ...notAppended(error), startOffset });
    if (compacts && hasNullKey(batch)) return refused(ErrorCode.INVALID_RECORD);
    const stamp = batchProducer(batch, 0);
    const verdict = this.#producers.judge(stamp);
    if (verdict.kind === 'error') return refused(verdict.error);
    const { NONE } = ErrorCode;
    if (verdict.kind === 'duplicate')
      return { error: NONE, baseOffset: verdict.baseOffset, appendTime: -1, startOffset };
    if (!stamp.isTransactional && this.#transactions.isOpen(stamp.producerId)) {
      return refused(ErrorCode.INVALID_TXN_STATE);
    }
    const appendTime = logAppendTime ? this.#clock.now() : -1;
    const baseOffset = this.#append(logAppendTime ? batchAppendedAt(batch, appendTime) : batch);
    return { error: NONE, baseOffset, appendTime, startOffset: this.#startOffset };
  }

  /** Whether the producer has written something here whose transaction is still open. */
  hasOpenTransaction(producerId: number): boolean {
    return this.#transactions.isOpen(producerId);
  }

  /** The producers of which something here belongs to a transaction that is still open. */
  get openTransactions(): readonly number[] {
    return this.#transactions.producerIds;
  }

  /** Writes the marker that ends a producer's transaction, also where it wrote nothing. */
  endTransaction(ending: Ending): void {
    this.#append(markerBatch(ending, this.#clock.now()));
  }

  /** The aborted transactions of which something lies in `slices`, which were read from `offset`. */
  aborted(offset: number, slices: readonly Buffer[]): readonly AbortedTransaction[] {
    const last = slices.at(-1);
    if (!last || !this.#transactions.anyAborted) return [];
    let at = 0;
    while (at + batchBytes(last, at) < last.length) at += batchBytes(last, at);
    return this.#transactions.aborted(offset, batchLastOffset(last, at) + 1);
  }

  /**
   * Whole batches from the one that holds `offset` on, at most `maxBytes`, as slices of the log; with `atLeastOne`, the
   * first batch however large. `offset` lies between start and end, both included; `upTo`, before which it ends, is where a
   * batch starts.
   */
  read(offset: number, maxBytes: number, atLeastOne: boolean, upTo: number = this.#endOffset): Buffer[] {
    const slices: Buffer[] = [];
    if (offset >= upTo) return slices;
    let left = maxBytes;
    for (let i = Math.max(0, this.#slabIndex(offset)); i < this.#slabs.length; i++) {
      const slab = this.#slabs[i];
      if (!slab) break;
      const from = slab.positionOf(offset);
      const to = upTo >= slab.endOffset ? slab.size : slab.positionOf(upTo);
      const slice = slab.slice(from, to, left, atLeastOne && slices.length === 0);
      if (slice.length > 0) slices.push(slice);
      if (from + slice.length < slab.size) break;
      left -= slice.length;
    }
    return slices;
  }

  /** The greatest timestamp of a record; −1 without records. */
  get newestTimestamp(): number {
    return this.#slabs.reduce((newest, slab) => Math.max(newest, slab.maxTimestamp), -1);
  }

  /** The first record that is not older than `timestamp`; undefined when all are. */
  offsetAt(timestamp: number): TimestampedOffset | undefined {
    this.#expire();
    let found: TimestampedOffset | undefined;
    for (const slab of this.#slabs) {
      if (slab.maxTimestamp < timestamp) continue;
      slab.eachBatch((bytes, at) => {
        if (batchLastOffset(bytes, at) < this.#startOffset || batchMaxTimestamp(bytes, at) < timestamp) return false;
        found = offsetInBatchAt(bytes, at, timestamp, this.#startOffset);
        return found !== undefined;
      });
      if (found) return found;
    }
    return undefined;
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
    this.#slabs = [];
    this.#store?.delete();
    for (const watcher of this.#watchers) watcher(0, 0);
  }

  /** Answers with the batch's offset. */
  #append(batch: Buffer): number {
    const stableBefore = this.#stableBytes;
    const firstOffset = this.#endOffset;
    const slab = this.#slabFor(batch.length);
    stampBatch(batch, 0, firstOffset);
    this.#store?.append(slab, batch);
    slab.append(batch, this.#clock.now());
    this.#endOffset = slab.endOffset;
    this.#bytes += batch.length;
    this.#note(batch, 0);
    this.#expire();
    const stable = this.#stableBytes - stableBefore;
    for (const watcher of this.#watchers) watcher(batch.length, stable);
    return firstOffset;
  }

  /** Remembers of a batch that was appended what its producer's next ones are judged by. */
  #note(bytes: Buffer, at: number): void {
    const firstOffset = batchBaseOffset(bytes, at);
    if (batchIsControl(bytes, at)) {
      const { producerId, epoch, committed } = endingOf(bytes, at);
      this.#producers.fence(producerId, epoch);
      this.#transactions.end(producerId, firstOffset, committed);
    } else {
      const stamp = batchProducer(bytes, at);
      this.#producers.remember(stamp, firstOffset);
      if (stamp.isTransactional) {
        this.#transactions.append(stamp.producerId, { firstOffset, position: this.#appendedBytes });
      }
    }
    this.#appendedBytes += batchBytes(bytes, at);
  }

  #restore({ slabs, state, behindState, startOffset, compactedUpTo }: KeptLog): void {
    this.#slabs = [...slabs];
    this.#bytes = sizeOf(slabs);
    this.#startOffset = startOffset;
    this.#endOffset = Math.max(startOffset, slabs.at(-1)?.endOffset ?? 0);
    this.#compactedUpTo = compactedUpTo;
    this.#appendedBytes = state.appendedBytes;
    this.#producers.restore(state.producers);
    this.#transactions.restore(state);
    for (const slab of behindState) {
      slab.eachBatch((bytes, at) => {
        this.#note(bytes, at);
        return false;
      });
    }
    this.#dropBeforeStart();
  }

  /** How much of what was ever appended lies before the last stable offset. */
  get #stableBytes(): number {
    return this.#transactions.oldest?.position ?? this.#appendedBytes;
  }

  get #bounds(): LogBounds {
    return { startOffset: this.#startOffset, compactedUpTo: this.#compactedUpTo };
  }

  get #state(): LogState {
    return { appendedBytes: this.#appendedBytes, producers: this.#producers.state, ...this.#transactions.state };
  }

  #slabFor(length: number): Slab {
    const last = this.#slabs.at(-1);
    if (last?.fits(length)) return last;
    const size = Math.min(Math.max(FIRST_SLAB_BYTES, (last?.capacity ?? 0) * 4), this.#config().segmentBytes);
    const slab = new Slab(this.#endOffset, Math.max(size, length), this.#clock.now());
    this.#store?.roll(slab, this.#state);
    this.#slabs.push(slab);
    this.#compactWhenWorthIt();
    return slab;
  }

  /** As Apache Kafka's cleaner at its default ratio: once as much is new as is compacted already. */
  #compactWhenWorthIt(): void {
    const { compacts, deleteRetentionMs, segmentBytes } = this.#config();
    if (!compacts || this.#compacting) return;
    const stable = this.stableOffset;
    const closed = this.#slabs.slice(0, -1).filter((slab) => slab.endOffset <= stable);
    const clean = sizeOf(closed.filter((slab) => slab.endOffset <= this.#compactedUpTo));
    if (sizeOf(closed) < 2 * clean || closed.length === 0) return;
    const upTo = closed.at(-1)?.endOffset ?? 0;
    const wasAborted = (producerId: number, offset: number) => this.#transactions.wasAborted(producerId, offset);
    const steps = compact(closed, { now: this.#clock.now(), deleteRetentionMs, segmentBytes, wasAborted });
    this.#compacting = true;
    const step = () => {
      const { done, value } = steps.next();
      if (!done) return setImmediate(step);
      this.#compacting = false;
      // Meanwhile retention or a deletion may have taken slabs away; then the next one tries again.
      if (this.#slabs[0] !== closed[0]) return;
      if (this.#store?.replace(closed, value, { ...this.#bounds, compactedUpTo: upTo }) === false) return;
      this.#compactedUpTo = upTo;
      this.#slabs.splice(0, closed.length, ...value);
      this.#bytes += sizeOf(value) - sizeOf(closed);
      this.#transactions.forget(upTo);
      return this.#compactWhenWorthIt();
    };
    setImmediate(step);
  }

  #slabIndex(offset: number): number {
    // The newest slab is the one that nearly every fetch wants.
    const last = this.#slabs.length - 1;
    if (offset >= (this.#slabs[last]?.baseOffset ?? 0)) return last;
    return lastAtMost(
      this.#slabs.map((slab) => slab.baseOffset),
      offset,
    );
  }

  /** Whole slabs leave by size and by age. Looked at whenever the log is touched, so that no timer is needed. */
  #expire(): void {
    const { deletes, retentionMs, retentionBytes } = this.#config();
    if (!deletes) return;
    const expired = retentionMs < 0 ? -1 : this.#clock.now() - retentionMs;
    for (let first = this.#slabs[0]; first; first = this.#slabs[0]) {
      const tooMuch = retentionBytes >= 0 && this.#slabs.length > 1 && this.#bytes - first.size >= retentionBytes;
      if (!tooMuch && first.appendedAt >= expired) return;
      this.#startOffset = Math.max(this.#startOffset, first.endOffset);
      this.#dropFirst();
    }
  }

  #dropBeforeStart(): void {
    while (this.#slabs[0] && this.#slabs[0].endOffset <= this.#startOffset) this.#dropFirst();
  }

  #dropFirst(): void {
    const first = this.#slabs[0];
    if (!first) return;
    this.#store?.trim(this.#bounds, first, this.#slabs.length === 1 ? this.#state : undefined);
    this.#slabs.shift();
    this.#bytes -= first.size;
    this.#transactions.forget(first.endOffset);
  }
}

export function notAppended(error: ErrorCode): Appended {
  return { error, baseOffset: -1, appendTime: -1, startOffset: -1 };
}

function sizeOf(slabs: readonly Slab[]): number {
  return slabs.reduce((sum, slab) => sum + slab.size, 0);
}
