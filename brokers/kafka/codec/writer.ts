const FIRST_CHUNK = 512;
const SIZE_AND_CORRELATION = 8;

/**
 * Writes one response frame: the primitive types of the Kafka protocol (big-endian), in order. Slices of the log are
 * referenced, not copied; `finish` returns the pieces for a single writev.
 */
export class Writer {
  readonly #head: Buffer;
  readonly #pieces: Buffer[] = [];
  #piecesBytes = 0;
  #chunk: Buffer;
  #from = 0;
  #at = SIZE_AND_CORRELATION;
  #withheld = false;
  #failure: number | undefined;

  constructor(correlationId: number) {
    this.#head = Buffer.allocUnsafe(FIRST_CHUNK);
    this.#head.writeInt32BE(correlationId, 4);
    this.#chunk = this.#head;
  }

  /** The frame must not be sent: a Produce with acks=0 gets no answer at all. */
  withhold(): void {
    this.#withheld = true;
  }

  /** Every error code written from now on is this one: a fault that was wished for. */
  failWith(errorCode: number): void {
    this.#failure = errorCode;
  }

  int8(value: number): this {
    const at = this.#reserve(1);
    this.#chunk.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#reserve(2);
    this.#chunk.writeInt16BE(value, at);
    return this;
  }

  /** INT16. What every `error_code` of an answer is written with, so that a wished-for fault can take its place. */
  errorCode(value: number): this {
    return this.int16(this.#failure ?? value);
  }

  int32(value: number): this {
    const at = this.#reserve(4);
    this.#chunk.writeInt32BE(value, at);
    return this;
  }

  int64(value: number): this {
    const at = this.#reserve(8);
    writeInt64(this.#chunk, value, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  string(value: string): this {
    const length = Buffer.byteLength(value);
    this.int16(length);
    const at = this.#reserve(length);
    this.#chunk.write(value, at);
    return this;
  }

  nullableString(value: string | null): this {
    return value === null ? this.int16(-1) : this.string(value);
  }

  bytes(value: Buffer): this {
    this.int32(value.length);
    const at = this.#reserve(value.length);
    value.copy(this.#chunk, at);
    return this;
  }

  /** BYTES made of slices that stay where they are. */
  slices(slices: readonly Buffer[]): this {
    this.int32(slices.reduce((sum, slice) => sum + slice.length, 0));
    for (const slice of slices) {
      this.#cut();
      this.#push(slice);
    }
    return this;
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  /** The frame, its size in front; undefined when it is withheld. */
  finish(): Buffer[] | undefined {
    if (this.#withheld) return undefined;
    this.#cut();
    this.#head.writeInt32BE(this.#piecesBytes - 4, 0);
    return this.#pieces;
  }

  #push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#piecesBytes += piece.length;
  }

  #cut(): void {
    if (this.#at > this.#from) this.#push(this.#chunk.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }

  #reserve(length: number): number {
    if (this.#at + length > this.#chunk.length) {
      this.#cut();
      this.#chunk = Buffer.allocUnsafe(Math.max(this.#chunk.length * 2, length));
      this.#from = 0;
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

/** A big-endian INT64 without a BigInt on the way. */
export function writeInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}
