import { batchLastOffset, batchMaxTimestamp } from './batch.ts';
import { newestTimestampIn, offsetInBatchAt, type TimestampedOffset } from './records.ts';
import { lastAtMost, type Slab } from './slab.ts';

/** The slabs of a log in the order of their offsets, and what is found in them. The newest one is appended to. */
export class Segments {
  #slabs: Slab[] = [];
  /** The first offset of each, to look it up by. */
  #baseOffsets: number[] = [];
  #bytes = 0;

  get oldest(): Slab | undefined {
    return this.#slabs[0];
  }

  get newest(): Slab | undefined {
    return this.#slabs.at(-1);
  }

  get count(): number {
    return this.#slabs.length;
  }

  /** Bytes of all batches held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The greatest timestamp of a record at or behind `fromOffset`; −1 without records. */
  newestTimestamp(fromOffset: number): number {
    let newest = -1;
    for (const slab of this.#slabs) {
      if (slab.maxTimestamp <= newest) continue;
      if (slab.baseOffset >= fromOffset) newest = slab.maxTimestamp;
      else newest = Math.max(newest, newestTimestampOf(slab, fromOffset));
    }
    return newest;
  }

  /** All but the newest that end at or before `offset`. */
  closedBefore(offset: number): Slab[] {
    return this.#slabs.slice(0, -1).filter((slab) => slab.endOffset <= offset);
  }

  add(slab: Slab): void {
    this.#slabs.push(slab);
    this.#baseOffsets.push(slab.baseOffset);
    this.#bytes += slab.size;
  }

  /** A batch goes to the newest one, which has room for it. */
  append(slab: Slab, batch: Buffer, now: number): void {
    slab.append(batch, now);
    this.#bytes += batch.length;
  }

  /** The oldest one is gone. */
  shift(): void {
    this.#bytes -= this.#slabs.shift()?.size ?? 0;
    this.#baseOffsets.shift();
  }

  /** Puts others in the place of the oldest ones. */
  replace(old: readonly Slab[], by: readonly Slab[]): void {
    this.#slabs.splice(0, old.length, ...by);
    this.#baseOffsets.splice(0, old.length, ...by.map((slab) => slab.baseOffset));
    this.#bytes += sizeOf(by) - sizeOf(old);
  }

  clear(): void {
    this.#slabs = [];
    this.#baseOffsets = [];
    this.#bytes = 0;
  }

  /**
   * Whole batches from the one that holds `offset` on, at most `maxBytes`, as slices; with `atLeastOne`, the first batch
   * however large. `upTo`, before which it ends, is where a batch starts.
   */
  read(offset: number, maxBytes: number, atLeastOne: boolean, upTo: number): Buffer[] {
    const slices: Buffer[] = [];
    let left = maxBytes;
    for (let i = Math.max(0, this.#indexOf(offset)); i < this.#slabs.length; i++) {
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

  /** The first record at or behind `fromOffset` that is not older than `timestamp`; undefined when all are. */
  offsetAt(timestamp: number, fromOffset: number): TimestampedOffset | undefined {
    let found: TimestampedOffset | undefined;
    for (const slab of this.#slabs) {
      if (slab.maxTimestamp < timestamp) continue;
      slab.eachBatch((bytes, at) => {
        if (batchLastOffset(bytes, at) < fromOffset || batchMaxTimestamp(bytes, at) < timestamp) return false;
        found = offsetInBatchAt(bytes, at, timestamp, fromOffset);
        return found !== undefined;
      });
      if (found) return found;
    }
    return undefined;
  }

  #indexOf(offset: number): number {
    // The newest slab is the one that nearly every fetch wants.
    const last = this.#slabs.length - 1;
    return offset >= (this.#baseOffsets[last] ?? 0) ? last : lastAtMost(this.#baseOffsets, offset);
  }
}

/** Of one of which the beginning is deleted. */
function newestTimestampOf(slab: Slab, fromOffset: number): number {
  let newest = -1;
  slab.eachBatch((bytes, at) => {
    if (batchLastOffset(bytes, at) >= fromOffset) newest = Math.max(newest, newestTimestampIn(bytes, at, fromOffset));
    return false;
  });
  return newest;
}

export function sizeOf(slabs: readonly Slab[]): number {
  return slabs.reduce((sum, slab) => sum + slab.size, 0);
}
