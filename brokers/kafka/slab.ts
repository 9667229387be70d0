import { batchBaseOffset, batchBytes, batchLastOffset, batchMaxTimestamp } from './batch.ts';

/** One index entry for at least this many bytes of batches. */
const INDEX_EVERY_BYTES = 4096;
const NOTHING = Buffer.alloc(0);

/** What is known of a slab without its bytes. */
export interface SlabSummary {
  readonly baseOffset: number;
  /** One past the last offset. */
  readonly endOffset: number;
  readonly size: number;
  readonly maxTimestamp: number;
  /** When the last batch came, by the broker's clock. */
  readonly appendedAt: number;
}

/** Who has the bytes of a slab that does not change any more, so that memory can do without them. */
export interface SlabKeeper {
  read(slab: Slab): Buffer;
  /** The bytes are needed now; whoever keeps them may call `unload` later. */
  used(slab: Slab): void;
}

/** A stretch of a log in one buffer: batches one behind the other as they came, and a sparse index over them. */
export class Slab implements SlabSummary {
  readonly baseOffset: number;
  readonly capacity: number;
  #bytes: Buffer | undefined;
  #keeper: SlabKeeper | undefined;
  readonly #indexOffsets: number[] = [];
  readonly #indexPositions: number[] = [];
  #size = 0;
  #endOffset: number;
  #maxTimestamp = -1;
  #appendedAt: number;

  constructor(baseOffset: number, capacity: number, now: number) {
    this.baseOffset = baseOffset;
    this.capacity = capacity;
    this.#endOffset = baseOffset;
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
    this.#appendedAt = now;
  }

  /** A slab whose bytes are elsewhere until they are asked for. */
  static kept({ baseOffset, endOffset, size, maxTimestamp, appendedAt }: SlabSummary, keeper: SlabKeeper): Slab {
    const slab = new Slab(baseOffset, 0, appendedAt);
    slab.#size = size;
    slab.#endOffset = endOffset;
    slab.#maxTimestamp = maxTimestamp;
    slab.#bytes = undefined;
    slab.#keeper = keeper;
    return slab;
  }

  get size(): number {
    return this.#size;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  get maxTimestamp(): number {
    return this.#maxTimestamp;
  }

  get appendedAt(): number {
    return this.#appendedAt;
  }

  get summary(): SlabSummary {
    const { baseOffset, endOffset, size, maxTimestamp, appendedAt } = this;
    return { baseOffset, endOffset, size, maxTimestamp, appendedAt };
  }

  /** All batches. */
  get bytes(): Buffer {
    return this.#load().subarray(0, this.#size);
  }

  fits(length: number): boolean {
    return this.#size + length <= this.capacity;
  }

  /** Copies the batch in, which has its offset, the only copy on its way. */
  append(batch: Buffer, now: number): void {
    const at = this.#size;
    batch.copy(this.#load(), at);
    this.#index(at, batchBaseOffset(batch, 0));
    this.#size += batch.length;
    this.#endOffset = batchLastOffset(batch, 0) + 1;
    this.#maxTimestamp = Math.max(this.#maxTimestamp, batchMaxTimestamp(batch, 0));
    this.#appendedAt = now;
  }

  /** Nothing is appended any more, and `keeper` has all that was. */
  keepBy(keeper: SlabKeeper): void {
    this.#keeper = keeper;
    keeper.used(this);
  }

  /** Gives the bytes back to memory until they are asked for. */
  unload(): void {
    this.#bytes = undefined;
  }

  /** Where the batch starts that holds `offset`, or the first one behind it; `size` when there is none. */
  positionOf(offset: number): number {
    const bytes = this.#load();
    let at = this.#indexPositions[lastAtMost(this.#indexOffsets, offset)] ?? 0;
    while (at < this.#size && batchLastOffset(bytes, at) < offset) at += batchBytes(bytes, at);
    return at;
  }

  /** Whole batches in positions `[from, to)`, at most `maxBytes`; the first one however large when `atLeastOne`. */
  slice(from: number, to: number, maxBytes: number, atLeastOne: boolean): Buffer {
    const bytes = this.#load();
    if (to - from <= maxBytes) return bytes.subarray(from, Math.max(from, to));
    const limit = from + maxBytes;
    let end = Math.max(from, this.#indexPositions[lastAtMost(this.#indexPositions, limit)] ?? from);
    while (end + batchBytes(bytes, end) <= limit) end += batchBytes(bytes, end);
    if (end === from && atLeastOne) end += batchBytes(bytes, from);
    return bytes.subarray(from, end);
  }

  /** Calls `visit` for each batch until it answers true. */
  eachBatch(visit: (bytes: Buffer, at: number) => boolean): void {
    const bytes = this.#load();
    for (let at = 0; at < this.#size; at += batchBytes(bytes, at)) if (visit(bytes, at)) return;
  }

  #load(): Buffer {
    if (!this.#bytes) {
      this.#bytes = this.#keeper?.read(this) ?? NOTHING;
      if (this.#indexOffsets.length === 0) this.#indexAll(this.#bytes);
    }
    this.#keeper?.used(this);
    return this.#bytes;
  }

  #indexAll(bytes: Buffer): void {
    for (let at = 0; at < this.#size; at += batchBytes(bytes, at)) this.#index(at, batchBaseOffset(bytes, at));
  }

  #index(at: number, baseOffset: number): void {
    const indexed = this.#indexPositions.at(-1);
    if (indexed !== undefined && at - indexed < INDEX_EVERY_BYTES) return;
    this.#indexOffsets.push(baseOffset);
    this.#indexPositions.push(at);
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
