import fc from 'fast-check';
import type { Fields } from '../protocol/values.ts';
import {
  committed,
  group,
  idempotent,
  offset,
  partition,
  producer,
  type Step,
  topic,
  versions,
  writing,
} from './step.ts';
import { noteProducer, type World } from './world.ts';

/** Transactions, and the numbers of producers. */
export const transacting = fc.oneof(
  fc.record({ producer: idempotent, version: versions(0, 4) }).map(
    (drawn): Step => ({
      api: 'InitProducerId',
      version: drawn.version,
      reads: false,
      request: () => ({ transactionalId: null }),
      learn: (world, answer) => noteProducer(world, drawn.producer, answer),
    }),
  ),
  fc.record({ producer, version: versions(0, 4) }).map(
    (drawn): Step => ({
      api: 'InitProducerId',
      version: drawn.version,
      reads: false,
      request: (world) => ({ transactionalId: world.named(drawn.producer), transactionTimeoutMs: 600_000 }),
      learn: (world, answer) => noteProducer(world, drawn.producer, answer),
    }),
  ),
  fc.record({ producer, topic, partition, version: versions(0, 3) }).map((drawn) =>
    writing('AddPartitionsToTxn', drawn.version, (world) => ({
      ...identity(world, drawn.producer),
      topics: [{ name: world.named(drawn.topic), partitions: [drawn.partition] }],
    })),
  ),
  fc.record({ producer, group, version: versions(0, 3) }).map((drawn) =>
    writing('AddOffsetsToTxn', drawn.version, (world) => ({
      ...identity(world, drawn.producer),
      groupId: world.named(drawn.group),
    })),
  ),
  fc.record({ producer, group, topic, offset, member: fc.boolean(), version: versions(0, 3) }).map((drawn) =>
    writing('TxnOffsetCommit', drawn.version, (world) => ({
      ...identity(world, drawn.producer),
      groupId: world.named(drawn.group),
      ...(drawn.member && world.member(world.named(drawn.group))),
      topics: [{ name: world.named(drawn.topic), partitions: [committed(drawn.offset)] }],
    })),
  ),
  fc.record({ producer, committed: fc.boolean(), version: versions(0, 3) }).map((drawn) =>
    writing('EndTxn', drawn.version, (world) => ({
      ...identity(world, drawn.producer),
      committed: drawn.committed,
    })),
  ),
);

function identity(world: World, name: string): Fields {
  return { transactionalId: world.named(name), ...world.producer(name) };
}
