import fc from 'fast-check';
import { batchOf } from '../../../brokers/kafka/wire.ts';
import { idempotent, partition, producer, topic, versions } from './step.ts';
import type { World } from './world.ts';

const timestamp = Date.now() - 1000;
const records = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `v${i}` }));

/** Batches: transactional ones, and those of no transaction, numbered or not. */
export const producing = (transactional: boolean) =>
  fc
    .record({
      topic,
      partition,
      producer: transactional ? producer : idempotent,
      count: versions(1, 3),
      // Apache Kafka lets no producer begin behind a batch whose partition was not added; that is its own affair.
      sequence: transactional ? fc.constant(0) : fc.constantFrom(0, 0, 1, 2, 3, 5),
      numbered: fc.boolean(),
      version: versions(3, 9),
    })
    .map((drawn) => ({
      api: 'Produce',
      version: drawn.version,
      reads: false,
      request: (world: World) => {
        const { producerId, producerEpoch } = world.producer(drawn.producer);
        const stamp = { producerId, epoch: producerEpoch, sequence: drawn.sequence };
        const fields = transactional ? { ...stamp, attributes: 0b10000 } : drawn.numbered ? stamp : {};
        const batch = batchOf(records(drawn.count), { timestamp, ...fields });
        return {
          transactionalId: transactional ? world.named(drawn.producer) : null,
          acks: -1,
          timeoutMs: 5_000,
          topicData: [{ name: world.named(drawn.topic), partitionData: [{ index: drawn.partition, records: batch }] }],
        };
      },
    }));
