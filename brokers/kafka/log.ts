import type { Clock } from '../../contracts/clock.ts';
import { batchLastOffset, batchMaxTimestamp, batchProblem, batchProducer, batchRecordCount } from './batch.ts';
import { compact } from './compaction.ts';
import { ErrorCode } from './error-codes.ts';
import { Producers } from './producers.ts';
import { hasNullKey, offsetInBatchAt, type TimestampedOffset } from './records.ts';
import { lastAtMost, Slab } from './slab.ts';
import type { LogConfig } from './topic-config.ts';

/** The first slab of a log; each next one is four times as large, up to `segment.bytes`. */
const FIRST_SLAB_BYTES = 16 * 1024;

/** What became of an append; `baseOffset` is −1 with an error. */
export interface Appended {
  readonly error: ErrorCode;
  readonly baseOffset: number;
}

/**
 * One partition: batches as they came, in slabs. Nothing is parsed but batch headers, save for a lookup by timestamp
 * and compaction. The high watermark is the end, since there is one replica.
 */
export class PartitionLog {
  readonly #clock: Clock;
  readonly #config: () => LogConfig;
  readonly #producers = new Producers();
  readonly #watchers = new Set<(bytes: number) => void>();
  #slabs: Slab[] = [];
  #bytes = 0;
  #startOffset = 0;
  #endOffset = 0;
  #compactedUpTo = 0;
  #compacting = false;

  constructor(clock: Clock, config: () => LogConfig) {
    this.#clock = clock;
    this.#config = config;
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

  /** Bytes of all batches held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes one batch of a Produce request. */
  append(batch: Buffer): Appended {
    const { maxMessageBytes, compacts } = this.#config();
    const error = batchProblem(batch, maxMessageBytes);
    if (error !== ErrorCode.NONE) return { error, baseOffset: -1 };
    if (compacts && hasNullKey(batch)) return { error: ErrorCode.INVALID_RECORD, baseOffset: -1 };
    const stamp = batchProducer(batch);
    const verdict = this.#producers.judge(stamp);
    if (verdict.kind === 'error') return { error: verdict.error, baseOffset: -1 };
    if (verdict.kind === 'duplicate') return { error: ErrorCode.NONE, baseOffset: verdict.baseOffset };

    const baseOffset = this.#endOffset;
    const slab = this.#slabFor(batch.length);
    slab.append(batch, baseOffset, this.#clock.now());
    this.#endOffset += batchRecordCount(batch, 0);
    this.#bytes += batch.length;
    this.#producers.remember(stamp, baseOffset);
    this.#expire();
    for (const watcher of this.#watchers) watcher(batch.length);
    return { error: ErrorCode.NONE, baseOffset };
  }

  /**
   * Whole batches from the one that holds `offset` on, at most `maxBytes`, as slices of the log; with `atLeastOne`, the
   * first batch however large. `offset` lies between start and end, both included.
   */
  read(offset: number, maxBytes: number, atLeastOne: boolean): Buffer[] {
    const slices: Buffer[] = [];
    if (offset >= this.#endOffset) return slices;
    let left = maxBytes;
    for (let i = Math.max(0, this.#slabIndex(offset)); i < this.#slabs.length; i++) {
      const slab = this.#slabs[i];
      if (!slab) break;
      const from = slab.positionOf(offset);
      const slice = slab.slice(from, left, atLeastOne && slices.length === 0);
      if (slice.length > 0) slices.push(slice);
      if (from + slice.length < slab.size) break;
      left -= slice.length;
    }
    return slices;
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
    while (this.#slabs[0] && this.#slabs[0].endOffset <= this.#startOffset) this.#dropFirst();
  }

  /** Calls `watcher` with the bytes of every batch appended; 0 means that the log was deleted. */
  watch(watcher: (bytes: number) => void): void {
    this.#watchers.add(watcher);
  }

  unwatch(watcher: (bytes: number) => void): void {
    this.#watchers.delete(watcher);
  }

  /** The topic is gone: whoever waits for records is told. */
  delete(): void {
    this.#slabs = [];
    for (const watcher of this.#watchers) watcher(0);
  }

  #slabFor(length: number): Slab {
    const last = this.#slabs.at(-1);
    if (last?.fits(length)) return last;
    const size = Math.min(last ? last.capacity * 4 : FIRST_SLAB_BYTES, this.#config().segmentBytes);
    const slab = new Slab(this.#endOffset, Math.max(size, length), this.#clock.now());
    this.#slabs.push(slab);
    this.#compactWhenWorthIt();
    return slab;
  }

  /** As Apache Kafka's cleaner at its default ratio: once as much is new as is compacted already. */
  #compactWhenWorthIt(): void {
    const { compacts, deleteRetentionMs, segmentBytes } = this.#config();
    if (!compacts || this.#compacting) return;
    const closed = this.#slabs.slice(0, -1);
    const clean = sizeOf(closed.filter((slab) => slab.endOffset <= this.#compactedUpTo));
    if (sizeOf(closed) < 2 * clean || closed.length === 0) return;
    const upTo = this.#slabs.at(-1)?.baseOffset ?? 0;
    const steps = compact(closed, { now: this.#clock.now(), deleteRetentionMs, segmentBytes });
    this.#compacting = true;
    const step = () => {
      const { done, value } = steps.next();
      if (!done) return setImmediate(step);
      this.#compacting = false;
      // Meanwhile retention or a deletion may have taken slabs away; then the next one tries again.
      if (this.#slabs[0] !== closed[0]) return;
      this.#slabs.splice(0, closed.length, ...value);
      this.#bytes += sizeOf(value) - sizeOf(closed);
      this.#compactedUpTo = upTo;
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

  #dropFirst(): void {
    this.#bytes -= this.#slabs.shift()?.size ?? 0;
  }
}

function sizeOf(slabs: readonly Slab[]): number {
  return slabs.reduce((sum, slab) => sum + slab.size, 0);
}
