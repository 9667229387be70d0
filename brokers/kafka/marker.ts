import { batchEpoch, batchProducerId, HEADER_BYTES, sealBatch } from './batch.ts';
import { writeInt64 } from './codec/writer.ts';

/** How a transaction of a producer ended. */
export interface Ending {
  readonly producerId: number;
  readonly epoch: number;
  readonly committed: boolean;
}

/** Transactional, and a control batch. */
const ATTRIBUTES = 0b110000;
/** Where the key's type has its lower byte: behind the record's length, attributes, deltas and key length, and the version. */
const TYPE_AT = HEADER_BYTES + 8;

/**
 * The batch that ends a transaction in a partition: one control record (KIP-98),
 *
 *   key    version => INT16, type => INT16: 0 abort, 1 commit
 *   value  version => INT16, coordinator_epoch => INT32: one coordinator for ever
 */
export function markerBatch({ producerId, epoch, committed }: Ending, now: number): Buffer {
  const key = [0, 0, 0, committed ? 1 : 0];
  const value = [0, 0, 0, 0, 0, 0];
  const body = [0, 0, 0, 2 * key.length, ...key, 2 * value.length, ...value, 0];
  const batch = Buffer.concat([Buffer.alloc(HEADER_BYTES), Buffer.from([2 * body.length, ...body])]);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(ATTRIBUTES, 21);
  writeInt64(batch, now, 27);
  writeInt64(batch, now, 35);
  writeInt64(batch, producerId, 43);
  batch.writeInt16BE(epoch, 51);
  batch.writeInt32BE(-1, 53);
  batch.writeInt32BE(1, 57);
  return sealBatch(batch);
}

/** What a marker at `at` says. */
export function endingOf(bytes: Buffer, at: number): Ending {
  return {
    producerId: batchProducerId(bytes, at),
    epoch: batchEpoch(bytes, at),
    committed: bytes.readInt8(at + TYPE_AT) === 1,
  };
}
