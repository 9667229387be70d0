/** Room for the empty answer to a Fetch of four partitions, so that it is one piece. */
const FIRST_CHUNK = 256;
const SIZE_AND_CORRELATION = 8;

/**
 * Writes one response frame: the primitive types of the Kafka protocol (big-endian), in order. Slices of the log are
 * referenced, not copied; `finish` returns the pieces for a single writev.
 *
 * The types are those of a flexible version (KIP-482) once `becomeFlexible` was called; a handler writes both in one and
 * the same way.
 */
export class Writer {
  readonly #head: Buffer;
  readonly #pieces: Buffer[] = [];
  #piecesBytes = 0;
  #chunk: Buffer;
  #from = 0;
  #at = SIZE_AND_CORRELATION;
  #withheld = false;
  #flexible = false;
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

  /** What follows is of a flexible version; so is the header, save that of ApiVersions (KIP-511). */
  becomeFlexible({ header }: { header: boolean }): void {
    this.#flexible = true;
    if (header) this.#noTags();
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

  /** A UUID given as 32 hexadecimal digits. */
  uuid(value: string): this {
    const at = this.#reserve(16);
    this.#chunk.write(value, at, 'hex');
    return this;
  }

  string(value: string): this {
    const length = Buffer.byteLength(value);
    if (this.#flexible) this.#unsignedVarint(length + 1);
    else this.int16(length);
    const at = this.#reserve(length);
    this.#chunk.write(value, at);
    return this;
  }

  nullableString(value: string | null): this {
    if (value !== null) return this.string(value);
    return this.#flexible ? this.#unsignedVarint(0) : this.int16(-1);
  }

  bytes(value: Buffer): this {
    this.#longLength(value.length);
    const at = this.#reserve(value.length);
    value.copy(this.#chunk, at);
    return this;
  }

  /** BYTES made of slices that stay where they are. */
  slices(slices: readonly Buffer[]): this {
    this.#longLength(slices.reduce((sum, slice) => sum + slice.length, 0));
    for (const slice of slices) {
      this.#cut();
      this.#push(slice);
    }
    return this;
  }

  /** An array of structures; `write` writes one, up to the tagged fields at its end. */
  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.#longLength(items.length);
    for (const item of items) {
      write(item);
      if (this.#flexible) this.#noTags();
    }
    return this;
  }

  /** Null in place of an array. */
  nullArray(): this {
    return this.#longLength(-1);
  }

  /** An array of INT32, which have no tagged fields. */
  int32s(values: readonly number[]): this {
    this.#longLength(values.length);
    for (const value of values) this.int32(value);
    return this;
  }

  /** The frame, its size in front; undefined when it is withheld. */
  finish(): Buffer[] | undefined {
    if (this.#withheld) return undefined;
    if (this.#flexible) this.#noTags();
    this.#cut();
    this.#head.writeInt32BE(this.#piecesBytes - 4, 0);
    return this.#pieces;
  }

  #longLength(length: number): this {
    return this.#flexible ? this.#unsignedVarint(length + 1) : this.int32(length);
  }

  #noTags(): void {
    this.int8(0);
  }

  #unsignedVarint(value: number): this {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#byte((rest & 0x7f) | 0x80);
    return this.#byte(rest);
  }

  #byte(value: number): this {
    const at = this.#reserve(1);
    this.#chunk.writeUInt8(value, at);
    return this;
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
