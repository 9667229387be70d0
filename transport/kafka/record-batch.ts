import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import type { OutRecord } from '../../contracts/kafka-records.ts';

/** Bytes before the records: base offset to record count. */
const HEADER_BYTES = 61;
/** The checksum covers everything from here on. */
const CHECKED_FROM = 21;
const LARGEST_VARINT = 5;
/** Up to this length a text is tried as ASCII, byte by byte, which is faster than two calls into the runtime. */
const SHORT = 48;

/**
 * Records of one partition in the form that Produce carries and the log keeps (record batch, magic 2):
 *
 *     baseOffset: int64, batchLength: int32, partitionLeaderEpoch: int32, magic: int8, crc: uint32, attributes: int16,
 *     lastOffsetDelta: int32, baseTimestamp: int64, maxTimestamp: int64, producerId: int64, producerEpoch: int16,
 *     baseSequence: int32, count: int32, then for each record
 *     length: varint, attributes: int8, timestampDelta: varlong, offsetDelta: varint, key, value: varint length and bytes,
 *     headers: varint count, then for each a name and a value
 *
 * kafkajs' own encoder allocates 512 bytes or more for each record and each header, which is most of the cost of
 * producing small records. This one appends into a buffer that is used again for the next batch.
 */
export class RecordBatchBuilder {
  #bytes = Buffer.allocUnsafe(2_048);
  #end = HEADER_BYTES;
  #baseTimestamp = 0;
  #maxTimestamp = 0;
  count = 0;

  /** Bytes of the batch as it stands. */
  get size(): number {
    return this.#end;
  }

  clear(): void {
    this.#end = HEADER_BYTES;
    this.count = 0;
  }

  append(record: OutRecord): void {
    const { timestamp } = record;
    if (this.count === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp;
    else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    this.#reserve(roomFor(record));
    // Most records take two bytes to say their length; the others are moved by the difference.
    const start = this.#end;
    const body = start + 2;
    this.#end = body;
    this.#bytes[this.#end++] = 0;
    this.#varint(timestamp - this.#baseTimestamp);
    this.#varint(this.count++);
    this.#text(record.key);
    this.#text(record.value);
    this.#headers(record.headers);
    const length = this.#end - body;
    const prefix = varintSize(length);
    if (prefix !== 2) this.#bytes.copyWithin(start + prefix, body, this.#end);
    this.#end = start;
    this.#varint(length);
    this.#end += length;
  }

  /** The finished batch: a view that is valid until the next `clear` or `append`. */
  finish(): Buffer {
    const bytes = this.#bytes;
    bytes.fill(0, 0, 8);
    bytes.writeInt32BE(this.#end - 12, 8);
    bytes.writeInt32BE(-1, 12);
    bytes[16] = 2;
    bytes.writeInt16BE(0, 21);
    bytes.writeInt32BE(this.count - 1, 23);
    bytes.writeBigInt64BE(BigInt(this.#baseTimestamp), 27);
    bytes.writeBigInt64BE(BigInt(this.#maxTimestamp), 35);
    // No producer id, epoch and sequence: acks -1 and readers that recognise duplicates.
    bytes.fill(0xff, 43, 57);
    bytes.writeInt32BE(this.count, 57);
    bytes.writeUInt32BE(crc32C(bytes.subarray(CHECKED_FROM, this.#end)), 17);
    return bytes.subarray(0, this.#end);
  }

  #headers(headers: OutRecord['headers']): void {
    if (!headers) {
      this.#bytes[this.#end++] = 0;
      return;
    }
    const names = Object.keys(headers);
    this.#varint(names.length);
    for (const name of names) {
      this.#text(name);
      this.#text(headers[name] ?? null);
    }
  }

  #text(text: string | Buffer | null): void {
    if (text === null) {
      this.#varint(-1);
    } else if (typeof text !== 'string') {
      this.#varint(text.length);
      text.copy(this.#bytes, this.#end);
      this.#end += text.length;
    } else if (!this.#ascii(text)) {
      this.#varint(Buffer.byteLength(text));
      this.#end += this.#bytes.write(text, this.#end);
    }
  }

  #ascii(text: string): boolean {
    if (text.length > SHORT) return false;
    const bytes = this.#bytes;
    const start = this.#end + 1;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[start + i] = code;
    }
    bytes[start - 1] = text.length * 2;
    this.#end = start + text.length;
    return true;
  }

  /** A zigzag varint; of numbers too, since timestamps outgrow 32 bits. */
  #varint(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest >= 0x80) {
      this.#bytes[this.#end++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#end++] = rest;
  }

  #reserve(bytes: number): void {
    const wanted = this.#end + bytes;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}

/** A bound on the bytes that a record takes. */
export function roomFor({ key, value, headers }: OutRecord): number {
  let bytes = 40 + roomForText(key) + roomForText(value);
  for (const name in headers) bytes += roomForText(name) + roomForText(headers[name] ?? null);
  return bytes;
}

/** A character of a string takes at most three bytes of UTF-8. */
function roomForText(text: string | Buffer | null): number {
  if (text === null) return LARGEST_VARINT;
  return LARGEST_VARINT + (typeof text === 'string' ? text.length * 3 : text.length);
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value * 2; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
