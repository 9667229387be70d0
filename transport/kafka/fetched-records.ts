import compression from 'kafkajs/src/protocol/message/compression/index.js';
import type { InRecord } from '../../contracts/kafka-records.ts';

const HEADER_BYTES = 61;
const MAGIC = 2;
const LOG_APPEND_TIME = 0b001000;
const TRANSACTIONAL = 0b010000;
const CONTROL = 0b100000;
/** In the key of a control record: version, then what it marks. */
const ABORT = 0;

/** Where a partition was read from; `topic` is the name that its records get. */
export interface ReadFrom {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A producer whose records, from that offset to the next marker, are of a transaction that was aborted. */
export interface Aborted {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** What a stretch of log says to one who reads what is committed. */
export interface FetchedRecords {
  readonly records: InRecord[];
  /** Behind the last whole batch; the offset asked for where there was none. */
  readonly nextOffset: number;
}

/**
 * The records from `from.offset` on in `bytes`, which are record batches as `RecordBatchBuilder` describes them; the last one may be
 * cut off. Markers and what belongs to `aborted` transactions, which are in the order of their offsets, are left out.
 *
 * kafkajs' own decoder makes some twenty objects of each record, and two or three of each header; this one makes one
 * of each value.
 */
export async function recordsIn(bytes: Buffer, from: ReadFrom, aborted: readonly Aborted[]): Promise<FetchedRecords> {
  const records: InRecord[] = [];
  const abortedProducers = new Set<bigint>();
  let [nextOffset, begun] = [from.offset, 0];
  for (let at = 0, end: number; at + HEADER_BYTES <= bytes.length; at = end) {
    end = at + 12 + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    if (bytes[at + 16] !== MAGIC)
      throw new Error(`records of format ${bytes[at + 16]}, which is older than Kafka 0.11`);
    const attributes = bytes.readInt16BE(at + 21);
    const lastOffset = int64(bytes, at) + bytes.readInt32BE(at + 23);
    nextOffset = Math.max(nextOffset, lastOffset + 1);
    const producerId = bytes.readBigInt64BE(at + 43);
    for (let next = aborted[begun]; next && next.firstOffset <= lastOffset; next = aborted[++begun]) {
      abortedProducers.add(next.producerId);
    }
    if ((attributes & CONTROL) !== 0) {
      if (markOf(bytes, at) === ABORT) abortedProducers.delete(producerId);
    } else if ((attributes & TRANSACTIONAL) === 0 || !abortedProducers.has(producerId)) {
      const codec = compression.lookupCodecByAttributes(attributes);
      const stored = bytes.subarray(at + HEADER_BYTES, end);
      new BatchReader(bytes, at, from).read(codec ? await codec.decompress(stored) : stored, records);
    }
  }
  return { records, nextOffset };
}

/** What a control batch marks: its one record has no bytes but lengths before the key. */
function markOf(bytes: Buffer, at: number): number {
  // length, attributes, timestamp delta, offset delta and the key's length, of a byte each.
  return bytes.readInt16BE(at + HEADER_BYTES + 5 + 2);
}

/** The names of the headers read last, by place: those of the next record are nearly always the same. */
const NAMES: { bytes: Buffer; text: string }[] = [];
const MOST_NAMES = 16;

/** Reads the records of one batch. */
class BatchReader {
  readonly #from: ReadFrom;
  readonly #baseOffset: number;
  readonly #baseTimestamp: number;
  /** Of all records, where the log stamped them. */
  readonly #appendTime: number | undefined;
  readonly #count: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(batch: Buffer, at: number, from: ReadFrom) {
    this.#from = from;
    this.#baseOffset = int64(batch, at);
    this.#baseTimestamp = int64(batch, at + 27);
    this.#appendTime = (batch.readInt16BE(at + 21) & LOG_APPEND_TIME) !== 0 ? int64(batch, at + 35) : undefined;
    this.#count = batch.readInt32BE(at + 57);
  }

  /** Adds the records in `bytes` to `records`. */
  read(bytes: Buffer, records: InRecord[]): void {
    const { topic, partition, offset: first } = this.#from;
    this.#bytes = bytes;
    this.#at = 0;
    for (let i = 0; i < this.#count; i++) {
      const length = this.#varint();
      const end = this.#at + length;
      this.#at += 1;
      const timestamp = this.#appendTime ?? this.#baseTimestamp + this.#wide();
      if (this.#appendTime !== undefined) this.#wide();
      const offset = this.#baseOffset + this.#varint();
      if (offset >= first) {
        const key = this.#slice();
        const value = this.#slice();
        const headers = this.#headers();
        records.push({
          topic,
          partition,
          offset,
          timestamp,
          key: key === null ? null : key.toString(),
          value,
          headers,
        });
      }
      this.#at = end;
    }
  }

  #headers(): InRecord['headers'] {
    const headers: Record<string, Buffer | Buffer[]> = {};
    const count = this.#varint();
    for (let i = 0; i < count; i++) {
      const name = this.#name(i);
      const value = this.#slice() ?? Buffer.alloc(0);
      if (name in headers) repeated(headers, name, value);
      else headers[name] = value;
    }
    return headers;
  }

  #name(place: number): string {
    const length = this.#varint();
    const at = this.#at;
    this.#at += length;
    const known = NAMES[place];
    if (known && this.#has(known.bytes, at, length)) return known.text;
    const bytes = Buffer.from(this.#bytes.subarray(at, at + length));
    const text = bytes.toString();
    if (place < MOST_NAMES) NAMES[place] = { bytes, text };
    return text;
  }

  /** Whether these bytes stand there. They are few: a call out of JavaScript would take longer. */
  #has(bytes: Buffer, at: number, length: number): boolean {
    if (bytes.length !== length) return false;
    for (let i = 0; i < length; i++) if (this.#bytes[at + i] !== bytes[i]) return false;
    return true;
  }

  #slice(): Buffer | null {
    const length = this.#varint();
    if (length < 0) return null;
    const at = this.#at;
    this.#at += length;
    return this.#bytes.subarray(at, this.#at);
  }

  /** A zigzag varint of at most 32 bits. */
  #varint(): number {
    const first = this.#bytes[this.#at++] ?? 0;
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    let value = first & 0x7f;
    for (let shift = 7; ; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  }

  /** A zigzag varint that may be wider: timestamps lie further apart. */
  #wide(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }
}

/** A name that is there already, or that every object has. */
function repeated(headers: Record<string, Buffer | Buffer[]>, name: string, value: Buffer): void {
  const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
  const values = before === undefined ? value : [before, value].flat();
  Object.defineProperty(headers, name, { value: values, enumerable: true, configurable: true, writable: true });
}

function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}
