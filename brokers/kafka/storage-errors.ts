import type { KafkaErrorName } from './faults/types.ts';

/** OffsetCommit, InitProducerId, the requests of transactions, DeleteGroups, OffsetDelete. */
const COORDINATED = new Set([8, 22, 24, 25, 26, 28, 42, 47]);

/**
 * What the disk did not take, in words that make a client try again: as Apache Kafka, whose coordinators have their state in
 * a partition that cannot be written then.
 */
export function storageError(frame: Buffer): KafkaErrorName {
  return COORDINATED.has(frame.readInt16BE(0)) ? 'COORDINATOR_NOT_AVAILABLE' : 'KAFKA_STORAGE_ERROR';
}
