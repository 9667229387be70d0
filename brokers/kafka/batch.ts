import { crc32c } from './codec/crc32c.ts';
import { readInt64 } from './codec/reader.ts';
import { writeInt64 } from './codec/writer.ts';
import { ErrorCode } from './error-codes.ts';

/**
 * The header of a record batch, magic 2. Offsets into it:
 *
 *   base_offset             INT64   0
 *   batch_length            INT32   8   bytes after this field
 *   partition_leader_epoch  INT32  12
 *   magic                   INT8   16
 *   crc                     INT32  17   CRC-32C of all that follows it
 *   attributes              INT16  21   bits 0–2 compression, 3 timestamp type, 4 transactional, 5 control
 *   last_offset_delta       INT32  23
 *   base_timestamp          INT64  27
 *   max_timestamp           INT64  35
 *   producer_id             INT64  43
 *   producer_epoch          INT16  51
 *   base_sequence           INT32  53
 *   records_count           INT32  57
 *   records                        61
 */
export const HEADER_BYTES = 61;
const LENGTH_ENDS = 12;
const MAGIC = 2;
const COMPRESSION = 0b000111;
const LOG_APPEND_TIME = 0b001000;
const TRANSACTIONAL = 0b010000;
const CONTROL = 0b100000;

export const batchBaseOffset = (bytes: Buffer, at: number): number => readInt64(bytes, at);
export const batchBytes = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + 8) + LENGTH_ENDS;
export const batchLastOffset = (bytes: Buffer, at: number): number => readInt64(bytes, at) + bytes.readInt32BE(at + 23);
export const batchIsCompressed = (bytes: Buffer, at: number): boolean =>
  (bytes.readInt16BE(at + 21) & COMPRESSION) !== 0;
export const batchHasLogAppendTime = (bytes: Buffer, at: number): boolean =>
  (bytes.readInt16BE(at + 21) & LOG_APPEND_TIME) !== 0;
export const batchIsTransactional = (bytes: Buffer, at: number): boolean =>
  (bytes.readInt16BE(at + 21) & TRANSACTIONAL) !== 0;
export const batchIsControl = (bytes: Buffer, at: number): boolean => (bytes.readInt16BE(at + 21) & CONTROL) !== 0;
export const batchProducerId = (bytes: Buffer, at: number): number => readInt64(bytes, at + 43);
export const batchEpoch = (bytes: Buffer, at: number): number => bytes.readInt16BE(at + 51);
export const batchBaseTimestamp = (bytes: Buffer, at: number): number => readInt64(bytes, at + 27);
export const batchMaxTimestamp = (bytes: Buffer, at: number): number => readInt64(bytes, at + 35);
export const batchRecordCount = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + 57);

/** Whose batch it is, for producers that number theirs; `producerId` is −1 for the others. */
export interface ProducerStamp {
  readonly producerId: number;
  readonly epoch: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly isTransactional: boolean;
}

export function batchProducer(bytes: Buffer, at: number): ProducerStamp {
  const firstSequence = bytes.readInt32BE(at + 53);
  return {
    producerId: batchProducerId(bytes, at),
    epoch: batchEpoch(bytes, at),
    firstSequence,
    // Sequence numbers go round at the end of INT32.
    lastSequence: (firstSequence + bytes.readInt32BE(at + 23)) & 0x7fffffff,
    isTransactional: batchIsTransactional(bytes, at),
  };
}

/** The two fields that lie outside the CRC and are the broker's to set. */
export function stampBatch(bytes: Buffer, at: number, baseOffset: number): void {
  writeInt64(bytes, baseOffset, at);
  bytes.writeInt32BE(0, at + 12);
}

/** The batch with the time of its append in place of its records' own. */
export function batchAppendedAt(batch: Buffer, now: number): Buffer {
  const stamped = Buffer.from(batch);
  stamped.writeInt16BE(stamped.readInt16BE(21) | LOG_APPEND_TIME, 21);
  writeInt64(stamped, now, 35);
  return sealBatch(stamped);
}

/** The batch at `at` with fewer of its records, given as they stand in it; offsets and timestamps stay theirs. */
export function batchWith(bytes: Buffer, at: number, records: readonly Buffer[]): Buffer {
  const batch = Buffer.concat([bytes.subarray(at, at + HEADER_BYTES), ...records]);
  batch.writeInt32BE(records.length, 57);
  return sealBatch(batch);
}

/** Writes the length and the CRC of a batch that is otherwise complete. */
export function sealBatch(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - LENGTH_ENDS, 8);
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  return batch;
}

/** What is wrong with a batch from a producer; its records are not looked into. */
export function batchProblem(batch: Buffer, maxBytes: number): ErrorCode {
  if (batch.length < HEADER_BYTES || batch.readInt8(16) !== MAGIC) return ErrorCode.INVALID_RECORD;
  const length = batchBytes(batch, 0);
  if (length < HEADER_BYTES) return ErrorCode.CORRUPT_MESSAGE;
  // From Produce 3 on a partition's records are exactly one batch (KIP-98).
  if (length !== batch.length) return ErrorCode.INVALID_RECORD;
  if (length > maxBytes) return ErrorCode.MESSAGE_TOO_LARGE;
  if (batch.readUInt32BE(17) !== crc32c(batch, 21)) return ErrorCode.CORRUPT_MESSAGE;
  const count = batchRecordCount(batch, 0);
  if (count < 1 || batch.readInt32BE(23) !== count - 1 || batchBaseOffset(batch, 0) !== 0) {
    return ErrorCode.INVALID_RECORD;
  }
  // Markers are the broker's to write.
  return batchIsControl(batch, 0) ? ErrorCode.INVALID_RECORD : stampProblem(batch);
}

/** What is wrong with the numbers that a producer put on a batch. Those that would be rounded here are refused. */
function stampProblem(batch: Buffer): ErrorCode {
  const isExact =
    Number.isSafeInteger(batchBaseTimestamp(batch, 0)) && Number.isSafeInteger(batchMaxTimestamp(batch, 0));
  if (!isExact) return ErrorCode.INVALID_TIMESTAMP;
  const { producerId, firstSequence, isTransactional } = batchProducer(batch, 0);
  if (producerId < 0) return isTransactional ? ErrorCode.INVALID_RECORD : ErrorCode.NONE;
  if (!Number.isSafeInteger(producerId)) return ErrorCode.UNKNOWN_PRODUCER_ID;
  return firstSequence < 0 ? ErrorCode.INVALID_RECORD : ErrorCode.NONE;
}
