import { isUtf8 } from 'node:buffer';

/** A string that grows beyond an INT16 of bytes where each wrong one becomes a replacement character of three. */
const LONG_STRING = 0x7fff / 3;
const LONGEST_STRING = 0x7fff;
/** The largest double below 2^63. */
const LARGEST_INT64 = 0x7fff_ffff_ffff_fc00;

/** A frame that does not follow the wire grammar; the connection that sent it is dropped. */
export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame';
}

/**
 * Reads the primitive types of the Kafka protocol (big-endian) from one frame, in order. Every read checks its bounds
 * and throws MalformedFrame. Buffers it returns are slices of the frame: who keeps one for long copies it.
 *
 * In a flexible version (KIP-482) lengths are varints of one more than the length, and every structure ends with tagged
 * fields. The reader knows which it is, so that a handler reads both in one and the same way.
 */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  #flexible = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** The header ends here, with tagged fields, and all that follows is of a flexible version. */
  becomeFlexible(): void {
    this.#flexible = true;
    this.#skipTags();
  }

  int8(): number {
    return this.#bytes.readInt8(this.#take(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  /** An INT64 as a number, which is exact for a safe integer; a handler that keeps or compares others refuses them. */
  int64(): number {
    return readInt64(this.#bytes, this.#take(8));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  /** A UUID as 32 hexadecimal digits. */
  uuid(): string {
    const at = this.#take(16);
    return this.#bytes.toString('hex', at, at + 16);
  }

  string(): string {
    return this.#present(this.nullableString());
  }

  nullableString(): string | null {
    const length = this.#flexible ? this.#unsignedVarint() - 1 : this.int16();
    if (length === -1) return null;
    if (length > LONGEST_STRING) throw new MalformedFrame(`string of ${length} bytes`);
    const at = this.#take(length);
    if (length > LONG_STRING && !isUtf8(this.#bytes.subarray(at, at + length))) throw new MalformedFrame('no UTF-8');
    return this.#bytes.toString('utf8', at, at + length);
  }

  bytes(): Buffer {
    return this.#present(this.nullableBytes());
  }

  nullableBytes(): Buffer | null {
    const length = this.#longLength();
    if (length === -1) return null;
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** An array of structures; `read` reads one, up to the tagged fields at its end. */
  array<T>(read: () => T): T[] {
    return this.#present(this.nullableArray(read));
  }

  nullableArray<T>(read: () => T): T[] | null {
    return this.#elements(() => {
      const item = read();
      if (this.#flexible) this.#skipTags();
      return item;
    });
  }

  /** An array of a primitive type, which has no tagged fields. */
  values<T>(read: () => T): T[] {
    return this.#present(this.nullableValues(read));
  }

  nullableValues<T>(read: () => T): T[] | null {
    return this.#elements(read);
  }

  #elements<T>(read: () => T): T[] | null {
    const count = this.#longLength();
    if (count === -1) return null;
    // No element is shorter than a byte, so a larger count can only be a lie that would make us loop.
    if (count < 0 || count > this.remaining) throw new MalformedFrame(`array of ${count} elements`);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }

  #longLength(): number {
    return this.#flexible ? this.#unsignedVarint() - 1 : this.int32();
  }

  /** tagged_fields => [tag size value]: none is served, so all are passed over. */
  #skipTags(): void {
    for (let count = this.#unsignedVarint(); count > 0; count--) {
      this.#unsignedVarint();
      this.#take(this.#unsignedVarint());
    }
  }

  #unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#take(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedFrame('a length of more than five bytes');
  }

  #present<T>(value: T | null): T {
    if (value === null) throw new MalformedFrame('null where a value is required');
    return value;
  }

  #take(length: number): number {
    if (length < 0 || length > this.remaining)
      throw new MalformedFrame(`${length} bytes wanted, ${this.remaining} left`);
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

/** A big-endian INT64 without a BigInt on the way; never rounded up to what is none. */
export function readInt64(bytes: Buffer, at: number): number {
  return Math.min(bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4), LARGEST_INT64);
}
