import { batchBytes, batchLastOffset, batchMaxTimestamp, stampBatch } from './batch.ts';

/** One index entry for at least this many bytes of batches. */
const INDEX_EVERY_BYTES = 4096;

/** A stretch of a log in one buffer: batches one behind the other as they came, and a sparse index over them. */
export class Slab {
  readonly baseOffset: number;
  readonly #bytes: Buffer;
  readonly #indexOffsets: number[] = [];
  readonly #indexPositions: number[] = [];
  #size = 0;
  #endOffset: number;
  #maxTimestamp = -1;
  #appendedAt: number;

  constructor(baseOffset: number, capacity: number, now: number) {
    this.baseOffset = baseOffset;
    this.#endOffset = baseOffset;
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
    this.#appendedAt = now;
  }

  get size(): number {
    return this.#size;
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  /** One past the last offset. */
  get endOffset(): number {
    return this.#endOffset;
  }

  get maxTimestamp(): number {
    return this.#maxTimestamp;
  }

  /** When the last batch came, by the broker's clock. */
  get appendedAt(): number {
    return this.#appendedAt;
  }

  fits(length: number): boolean {
    return this.#size + length <= this.#bytes.length;
  }

  /** Copies the batch in, the only copy on its way, and gives it its offset. */
  append(batch: Buffer, baseOffset: number, now: number): void {
    const at = this.#size;
    batch.copy(this.#bytes, at);
    stampBatch(this.#bytes, at, baseOffset);
    const indexed = this.#indexPositions.at(-1);
    if (indexed === undefined || at - indexed >= INDEX_EVERY_BYTES) {
      this.#indexOffsets.push(baseOffset);
      this.#indexPositions.push(at);
    }
    this.#size += batch.length;
    this.#endOffset = batchLastOffset(this.#bytes, at) + 1;
    this.#maxTimestamp = Math.max(this.#maxTimestamp, batchMaxTimestamp(this.#bytes, at));
    this.#appendedAt = now;
  }

  /** Where the batch starts that holds `offset`, or the first one behind it; `size` when there is none. */
  positionOf(offset: number): number {
    let at = this.#indexPositions[lastAtMost(this.#indexOffsets, offset)] ?? 0;
    while (at < this.#size && batchLastOffset(this.#bytes, at) < offset) at += batchBytes(this.#bytes, at);
    return at;
  }

  /** Whole batches in positions `[from, to)`, at most `maxBytes`; the first one however large when `atLeastOne`. */
  slice(from: number, to: number, maxBytes: number, atLeastOne: boolean): Buffer {
    if (to - from <= maxBytes) return this.#bytes.subarray(from, Math.max(from, to));
    const limit = from + maxBytes;
    let end = Math.max(from, this.#indexPositions[lastAtMost(this.#indexPositions, limit)] ?? from);
    while (end + batchBytes(this.#bytes, end) <= limit) end += batchBytes(this.#bytes, end);
    if (end === from && atLeastOne) end += batchBytes(this.#bytes, from);
    return this.#bytes.subarray(from, end);
  }

  /** Calls `visit` for each batch until it answers true. */
  eachBatch(visit: (bytes: Buffer, at: number) => boolean): void {
    for (let at = 0; at < this.#size; at += batchBytes(this.#bytes, at)) if (visit(this.#bytes, at)) return;
  }
}

/** The index of the last element that is at most `value`, in ascending `values`; −1 when there is none. */
export function lastAtMost(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
