import fc from 'fast-check';
import { offset, partition, topic, versions, writing } from './step.ts';

/** Topics that come, grow, lose records and go. */
export const administering = fc.oneof(
  fc
    .record({
      topic,
      count: versions(-1, 2),
      validateOnly: fc.constantFrom(false, false, true),
      version: versions(2, 7),
    })
    .map((drawn) =>
      writing('CreateTopics', drawn.version, (world) => ({
        topics: [
          {
            name: world.named(drawn.topic),
            numPartitions: drawn.count === -1 ? 2 : drawn.count,
            replicationFactor: 1,
          },
        ],
        timeoutMs: 10_000,
        validateOnly: drawn.validateOnly,
      })),
    ),
  fc.record({ topic, version: versions(1, 6) }).map((drawn) =>
    writing('DeleteTopics', drawn.version, (world) => ({
      topics: [{ name: world.named(drawn.topic) }],
      topicNames: [world.named(drawn.topic)],
      timeoutMs: 10_000,
    })),
  ),
  fc.record({ topic, count: versions(0, 4), version: versions(0, 3) }).map((drawn) =>
    writing('CreatePartitions', drawn.version, (world) => ({
      topics: [{ name: world.named(drawn.topic), count: drawn.count, assignments: null }],
      timeoutMs: 10_000,
    })),
  ),
  fc.record({ topic, partition, offset, version: versions(0, 2) }).map((drawn) =>
    writing('DeleteRecords', drawn.version, (world) => ({
      topics: [
        { name: world.named(drawn.topic), partitions: [{ partitionIndex: drawn.partition, offset: drawn.offset }] },
      ],
      timeoutMs: 10_000,
    })),
  ),
);
