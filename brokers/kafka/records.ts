import {
  batchBaseOffset,
  batchBaseTimestamp,
  batchBytes,
  batchHasLogAppendTime,
  batchIsCompressed,
  batchLastOffset,
  batchMaxTimestamp,
  batchRecordCount,
  HEADER_BYTES,
} from './batch.ts';
import { MalformedFrame } from './codec/reader.ts';

export interface TimestampedOffset {
  readonly offset: number;
  readonly timestamp: number;
}

/** One record of an uncompressed batch; key and value are slices. */
export interface LogRecord extends TimestampedOffset {
  readonly key: Buffer | null;
  readonly hasValue: boolean;
  /** The record as it stands in the batch, its length in front. */
  readonly raw: Buffer;
}

/**
 * The records of the uncompressed batch at `at`:
 *
 *   length           VARINT
 *   attributes       INT8
 *   timestamp_delta  VARLONG
 *   offset_delta     VARINT
 *   key              VARINT length, −1 for null, and bytes
 *   value            VARINT length, −1 for null, and bytes
 *   headers          VARINT count, then each: VARINT length and name, VARINT length and value
 *
 * Throws MalformedFrame where a producer wrote something else.
 */
export function* recordsOf(bytes: Buffer, at: number): Generator<LogRecord> {
  const baseOffset = batchBaseOffset(bytes, at);
  const baseTimestamp = batchBaseTimestamp(bytes, at);
  const lastOffset = batchLastOffset(bytes, at);
  const count = batchRecordCount(bytes, at);
  const appendTime = batchHasLogAppendTime(bytes, at) ? batchMaxTimestamp(bytes, at) : undefined;
  const cursor = { bytes, at: at + HEADER_BYTES, end: at + batchBytes(bytes, at) };
  for (let i = 0; i < count; i++) {
    const start = cursor.at;
    const length = varint(cursor);
    const end = cursor.at + length;
    if (length < 0 || end > cursor.end) throw new MalformedFrame('a record longer than its batch');
    cursor.at += 1;
    const delta = varint(cursor);
    const timestamp = appendTime ?? baseTimestamp + delta;
    const offset = baseOffset + varint(cursor);
    if (offset < baseOffset || offset > lastOffset || !Number.isSafeInteger(timestamp)) {
      throw new MalformedFrame('a record that lies outside its batch');
    }
    const keyLength = varint(cursor);
    if (cursor.at + keyLength > end) throw new MalformedFrame('a key longer than its record');
    const key = keyLength < 0 ? null : bytes.subarray(cursor.at, cursor.at + keyLength);
    cursor.at += Math.max(0, keyLength);
    const hasValue = varint(cursor) >= 0;
    yield { offset, timestamp, key, hasValue, raw: bytes.subarray(start, end) };
    cursor.at = end;
  }
}

/**
 * The first record of the batch at or behind `fromOffset` that is not older than `timestamp`. A compressed batch is not
 * opened: it answers as a whole, with its first offset.
 */
export function offsetInBatchAt(
  bytes: Buffer,
  at: number,
  timestamp: number,
  fromOffset: number,
): TimestampedOffset | undefined {
  const whole = { offset: Math.max(fromOffset, batchBaseOffset(bytes, at)), timestamp: batchMaxTimestamp(bytes, at) };
  if (batchIsCompressed(bytes, at)) return whole;
  try {
    for (const record of recordsOf(bytes, at)) {
      if (record.offset >= fromOffset && record.timestamp >= timestamp) return record;
    }
    return undefined;
  } catch (error) {
    if (error instanceof MalformedFrame) return whole;
    throw error;
  }
}

/** The greatest timestamp in the batch of a record at or behind `fromOffset`. A compressed batch answers as a whole. */
export function newestTimestampIn(bytes: Buffer, at: number, fromOffset: number): number {
  const whole = batchMaxTimestamp(bytes, at);
  if (batchBaseOffset(bytes, at) >= fromOffset || batchIsCompressed(bytes, at)) return whole;
  try {
    const left = [...recordsOf(bytes, at)].filter(({ offset }) => offset >= fromOffset);
    return Math.max(-1, ...left.map(({ timestamp }) => timestamp));
  } catch (error) {
    if (error instanceof MalformedFrame) return whole;
    throw error;
  }
}

/** Which of the records have no key, and the first that cannot be read; none of a compressed batch, which is not opened. */
export function keylessRecords(batch: Buffer): number[] {
  const keyless: number[] = [];
  if (batchIsCompressed(batch, 0)) return keyless;
  let index = 0;
  try {
    for (const { key } of recordsOf(batch, 0)) {
      if (key === null) keyless.push(index);
      index += 1;
    }
    return keyless;
  } catch (error) {
    if (error instanceof MalformedFrame) return [...keyless, index];
    throw error;
  }
}

interface Cursor {
  readonly bytes: Buffer;
  readonly end: number;
  at: number;
}

/** A zigzag VARINT or VARLONG (Protocol Buffers), as a number. */
function varint(cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (cursor.at >= cursor.end) throw new MalformedFrame('a number that runs out of its batch');
    const byte = cursor.bytes.readUInt8(cursor.at++);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    scale *= 128;
  }
  throw new MalformedFrame('a number of more than ten bytes');
}
