import { batchBaseOffset, batchBytes, batchLastOffset, HEADER_BYTES } from '../batch.ts';
import { crc32c } from '../codec/crc32c.ts';

/**
 * How many bytes at the front of a segment are whole batches with offsets that go up from `baseOffset`: a process that was
 * killed, or a machine that lost its power, leaves anything behind them.
 */
export function wholeBatches(bytes: Buffer, baseOffset: number): number {
  let at = 0;
  for (let expected = baseOffset; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + batchBytes(bytes, at);
    if (end < at + HEADER_BYTES || end > bytes.length) break;
    if (batchBaseOffset(bytes, at) !== expected || bytes.readUInt32BE(at + 17) !== crc32c(bytes, at + 21, end)) break;
    expected = batchLastOffset(bytes, at) + 1;
    at = end;
  }
  return at;
}
