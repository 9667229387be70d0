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

/** Names and values of the headers read last, by place: those of the next record are nearly always the same. */
const NAMES: string[] = [];
const VALUES: string[] = [];
const MOST_KEPT = 16;
const LONGEST_KEPT = 64;

type Header = Buffer | string;

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
        const key = this.#key();
        const value = this.#slice(this.#varint());
        records.push({ topic, partition, offset, timestamp, key, value, headers: this.#headers() });
      }
      this.#at = end;
    }
  }

  #key(): string | null {
    const length = this.#varint();
    return length < 0 ? null : (this.#ascii(length) ?? this.#slice(length)?.toString() ?? null);
  }

  #headers(): InRecord['headers'] {
    const headers: Record<string, Header | Header[]> = {};
    const count = this.#varint();
    for (let i = 0; i < count; i++) {
      const name = this.#known(NAMES, i);
      const value = this.#known(VALUES, i);
      const text = typeof name === 'string' ? name : name.toString();
      if (text in headers) repeated(headers, text, value);
      else headers[text] = value;
    }
    return headers;
  }

  /** What stands next, as text where that says as much as its bytes. `known` is what stood last at each place. */
  #known(known: string[], place: number): Header {
    const length = Math.max(0, this.#varint());
    const last = known[place];
    if (last !== undefined && this.#has(last, length)) {
      this.#at += length;
      return last;
    }
    const text = this.#ascii(length);
    if (text === undefined) return this.#slice(length) ?? Buffer.alloc(0);
    if (place < MOST_KEPT && length <= LONGEST_KEPT) known[place] = text;
    return text;
  }

  /** Whether this text stands next. It is short: a call out of JavaScript would take longer. */
  #has(text: string, length: number): boolean {
    if (text.length !== length) return false;
    for (let i = 0; i < length; i++) if (this.#bytes[this.#at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** The next bytes if they are ASCII; otherwise they are left where they are. */
  #ascii(length: number): string | undefined {
    const begin = this.#at;
    const end = Math.min(begin + length, this.#bytes.length);
    for (let at = begin; at < end; at++) if ((this.#bytes[at] ?? 0) >= 0x80) return undefined;
    this.#at = end;
    return this.#bytes.toString('latin1', begin, end);
  }

  #slice(length: number): Buffer | null {
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
function repeated(headers: Record<string, Header | Header[]>, name: string, value: Header): void {
  const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
  const values = before === undefined ? value : [before, value].flat();
  Object.defineProperty(headers, name, { value: values, enumerable: true, configurable: true, writable: true });
}

function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}
