import {
  batchBaseOffset,
  batchBytes,
  batchIsCompressed,
  batchIsControl,
  batchIsTransactional,
  batchProducerId,
  batchRecordCount,
  batchWith,
} from './batch.ts';
import { MalformedFrame } from './codec/reader.ts';
import { type LogRecord, recordsOf } from './records.ts';
import { Slab } from './slab.ts';

export interface CompactionOptions {
  readonly now: number;
  /** How long a tombstone stays, so that a slow reader still hears of the deletion. */
  readonly deleteRetentionMs: number;
  readonly segmentBytes: number;
  /** Whether a producer's transactional batch at this offset was aborted. */
  wasAborted(producerId: number, offset: number): boolean;
}

/**
 * Keeps the last record of each key in `slabs`, which nobody appends to any more, with its offset. Works slab by slab,
 * yielding in between so that its caller can let others in; returns the slabs to put in their place.
 *
 * What was aborted leaves, and so do the markers, which nobody needs without it: every transaction here is decided.
 *
 * Batches that are compressed are not opened and stay whole. While there is one, tombstones stay too, or the value they
 * delete could come back.
 */
export function* compact(slabs: readonly Slab[], options: CompactionOptions): Generator<void, Slab[]> {
  const last = new Map<string, number>();
  let opaque = false;
  for (const slab of slabs) {
    for (const { bytes, at } of batchesOf(slab, options)) {
      const records = readable(bytes, at);
      opaque ||= records === undefined;
      for (const { key, offset } of records ?? []) if (key !== null) last.set(key.toString('latin1'), offset);
    }
    yield;
  }

  const output = new Output(options.segmentBytes);
  for (const slab of slabs) {
    const tombstonesLeave = !opaque && slab.appendedAt < options.now - options.deleteRetentionMs;
    for (const { bytes, at } of batchesOf(slab, options)) {
      const kept = readable(bytes, at)?.filter(
        ({ key, offset, hasValue }) =>
          key === null || (last.get(key.toString('latin1')) === offset && (hasValue || !tombstonesLeave)),
      );
      if (kept === undefined || kept.length === batchRecordCount(bytes, at)) {
        output.add(bytes.subarray(at, at + batchBytes(bytes, at)), slab.appendedAt);
      } else if (kept.length > 0) {
        const raw = kept.map((record) => record.raw);
        output.add(batchWith(bytes, at, raw), slab.appendedAt);
      }
    }
    yield;
  }
  return output.slabs();
}

/** Gathers batches and lays them out in slabs of just their size. */
class Output {
  readonly #segmentBytes: number;
  readonly #slabs: Slab[] = [];
  #batches: { batch: Buffer; appendedAt: number }[] = [];
  #bytes = 0;

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes;
  }

  add(batch: Buffer, appendedAt: number): void {
    if (this.#bytes + batch.length > this.#segmentBytes) this.#flush();
    this.#batches.push({ batch, appendedAt });
    this.#bytes += batch.length;
  }

  slabs(): Slab[] {
    this.#flush();
    return this.#slabs;
  }

  #flush(): void {
    const first = this.#batches[0];
    if (!first) return;
    const slab = new Slab(batchBaseOffset(first.batch, 0), this.#bytes, first.appendedAt);
    for (const { batch, appendedAt } of this.#batches) slab.append(batch, appendedAt);
    this.#slabs.push(slab);
    this.#batches = [];
    this.#bytes = 0;
  }
}

/** The batches that have anything to say. */
function batchesOf(slab: Slab, { wasAborted }: CompactionOptions): { bytes: Buffer; at: number }[] {
  const batches: { bytes: Buffer; at: number }[] = [];
  slab.eachBatch((bytes, at) => {
    const aborted =
      batchIsTransactional(bytes, at) && wasAborted(batchProducerId(bytes, at), batchBaseOffset(bytes, at));
    if (!aborted && !batchIsControl(bytes, at)) batches.push({ bytes, at });
    return false;
  });
  return batches;
}

/** The records of a batch; undefined for one that cannot be looked into. */
function readable(bytes: Buffer, at: number): LogRecord[] | undefined {
  if (batchIsCompressed(bytes, at)) return undefined;
  try {
    return [...recordsOf(bytes, at)];
  } catch (error) {
    if (error instanceof MalformedFrame) return undefined;
    throw error;
  }
}
