import fc from 'fast-check';
import { GROUPS, group, offset, partition, reading, type Step, TOPICS, topic, versions } from './step.ts';

/** Questions that change nothing. */
export const asking = fc.oneof(
  fc.record({ topic, partition, offset, committed: fc.boolean(), version: versions(4, 12) }).map((drawn) =>
    reading('Fetch', drawn.version, (world) => ({
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 1,
      isolationLevel: drawn.committed ? 1 : 0,
      topics: [
        {
          topic: world.named(drawn.topic),
          partitions: [{ partition: drawn.partition, fetchOffset: drawn.offset, partitionMaxBytes: 1_000_000 }],
        },
      ],
    })),
  ),
  fc
    .record({ topic, partition, timestamp: versions(-4, 1), committed: versions(0, 1), version: versions(1, 7) })
    .map((drawn) =>
      reading('ListOffsets', drawn.version, (world) => ({
        replicaId: -1,
        isolationLevel: drawn.committed,
        topics: [
          {
            name: world.named(drawn.topic),
            partitions: [{ partitionIndex: drawn.partition, timestamp: drawn.timestamp }],
          },
        ],
      })),
    ),
  fc.record({ topic, version: versions(4, 12) }).map((drawn) =>
    reading('Metadata', drawn.version, (world) => ({
      topics: [{ name: world.named(drawn.topic) }],
      allowAutoTopicCreation: false,
    })),
  ),
  fc.record({ group, topic, requireStable: fc.boolean(), version: versions(8, 8) }).map((drawn) =>
    reading('OffsetFetch', drawn.version, (world) => ({
      requireStable: drawn.requireStable,
      groups: [
        { groupId: world.named(drawn.group), topics: [{ name: world.named(drawn.topic), partitionIndexes: [0, 1] }] },
      ],
    })),
  ),
  fc
    .record({ group, version: versions(0, 5) })
    .map((drawn) => reading('DescribeGroups', drawn.version, (world) => ({ groups: [world.named(drawn.group)] }))),
  fc.record({ topic, partition, leaderEpoch: versions(-1, 2), version: versions(2, 4) }).map((drawn) =>
    reading('OffsetForLeaderEpoch', drawn.version, (world) => ({
      replicaId: -1,
      topics: [
        {
          topic: world.named(drawn.topic),
          partitions: [{ partition: drawn.partition, leaderEpoch: drawn.leaderEpoch }],
        },
      ],
    })),
  ),
);

/** What is asked after each step: the state that it left. */
export const LOOKS: readonly Step[] = [
  reading('Metadata', 12, (world) => ({
    topics: TOPICS.map((name) => ({ name: world.named(name) })),
    allowAutoTopicCreation: false,
  })),
  ...[0, 1].map((isolationLevel) =>
    reading('ListOffsets', 7, (world) => ({
      replicaId: -1,
      isolationLevel,
      topics: TOPICS.map((name) => ({
        name: world.named(name),
        partitions: [0, 1, 2, 3].map((partitionIndex) => ({ partitionIndex, timestamp: -1 })),
      })),
    })),
  ),
  reading('OffsetFetch', 8, (world) => ({
    requireStable: true,
    groups: GROUPS.map((name) => ({ groupId: world.named(name), topics: null })),
  })),
];
