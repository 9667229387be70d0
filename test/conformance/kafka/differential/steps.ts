import fc from 'fast-check';
import { batchOf } from '../../../brokers/kafka/wire.ts';
import { subscription } from '../protocol/member.ts';
import { at, type Fields, type Value } from '../protocol/values.ts';
import { noteProducer, type World } from './world.ts';

/** One request of a sequence, said in words that hold for both brokers. */
export interface Step {
  readonly api: string;
  readonly version: number;
  /** Asking changes nothing, so that it can be asked again until a broker has got so far. */
  readonly reads: boolean;
  request(world: World): Fields;
  /** Takes note of what the broker chose. */
  learn?(world: World, answer: Fields): void;
}

const TOPICS = ['a', 'b', 'c'];
const GROUPS = ['g', 'h'];

const topic = fc.constantFrom(...TOPICS);
const partition = fc.constantFrom(0, 0, 0, 1, 7);
const group = fc.constantFrom(...GROUPS);
const producer = fc.constantFrom('p', 'q');
const offset = fc.integer({ min: -2, max: 12 });
const versions = (min: number, max: number) => fc.integer({ min, max });

export function steps(): fc.Arbitrary<Step> {
  const timestamp = Date.now() - 1000;
  const records = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `v${i}` }));
  const identity = (world: World, name: string): Fields => ({
    transactionalId: world.named(name),
    ...world.producer(name),
  });

  const produce = (transactional: boolean) =>
    fc
      .record({
        topic,
        partition,
        producer,
        count: versions(1, 3),
        sequence: fc.constantFrom(0, 0, 1, 2, 3, 5),
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
            topicData: [
              { name: world.named(drawn.topic), partitionData: [{ index: drawn.partition, records: batch }] },
            ],
          };
        },
      }));

  const read = fc.oneof(
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

  const administer = fc.oneof(
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

  const transact = fc.oneof(
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

  /** A group has one member at most, so that no request waits for another. */
  const consume = fc.oneof(
    fc.record({ group, version: versions(0, 9) }).map(
      (drawn): Step => ({
        api: 'JoinGroup',
        version: drawn.version,
        reads: false,
        request: (world) => {
          const groupId = world.named(drawn.group);
          return {
            groupId,
            sessionTimeoutMs: 60_000,
            rebalanceTimeoutMs: 60_000,
            memberId: world.member(groupId).memberId,
            protocolType: 'consumer',
            protocols: [{ name: 'range', metadata: subscription([world.named('a')], '') }],
          };
        },
        learn: (world, answer) => {
          const taken = new Set<Value>([0, 79]);
          if (!taken.has(at(answer, 'errorCode'))) return;
          const generationId = Number(at(answer, 'generationId'));
          world.members.set(world.named(drawn.group), { memberId: String(at(answer, 'memberId')), generationId });
        },
      }),
    ),
    fc.record({ group, version: versions(0, 5) }).map((drawn) =>
      writing('SyncGroup', drawn.version, (world) => {
        const { memberId, generationId } = world.member(world.named(drawn.group));
        const assignments = [{ memberId, assignment: Buffer.from('share') }];
        const chosen = { protocolType: 'consumer', protocolName: 'range' };
        return { groupId: world.named(drawn.group), memberId, generationId, ...chosen, assignments };
      }),
    ),
    fc.record({ group, ahead: fc.constantFrom(0, 0, 1), version: versions(0, 4) }).map((drawn) =>
      writing('Heartbeat', drawn.version, (world) => {
        const { memberId, generationId } = world.member(world.named(drawn.group));
        return { groupId: world.named(drawn.group), memberId, generationId: generationId + drawn.ahead };
      }),
    ),
    fc.record({ group, version: versions(0, 5) }).map(
      (drawn): Step => ({
        api: 'LeaveGroup',
        version: drawn.version,
        reads: false,
        request: (world) => {
          const { memberId } = world.member(world.named(drawn.group));
          return { groupId: world.named(drawn.group), memberId, members: [{ memberId }] };
        },
        learn: (world) => void world.members.delete(world.named(drawn.group)),
      }),
    ),
    fc.record({ group, topic, offset, member: fc.boolean(), version: versions(2, 8) }).map((drawn) =>
      writing('OffsetCommit', drawn.version, (world) => ({
        groupId: world.named(drawn.group),
        ...(drawn.member ? world.member(world.named(drawn.group)) : { generationId: -1 }),
        topics: [{ name: world.named(drawn.topic), partitions: [committed(drawn.offset)] }],
      })),
    ),
    fc.record({ group, topic }).map((drawn) =>
      writing('OffsetDelete', 0, (world) => ({
        groupId: world.named(drawn.group),
        topics: [{ name: world.named(drawn.topic), partitions: [{ partitionIndex: 0 }] }],
      })),
    ),
    fc
      .record({ group, version: versions(0, 2) })
      .map((drawn) => writing('DeleteGroups', drawn.version, (world) => ({ groupsNames: [world.named(drawn.group)] }))),
  );

  return fc.oneof(
    { weight: 3, arbitrary: produce(false) },
    { weight: 3, arbitrary: produce(true) },
    { weight: 5, arbitrary: read },
    { weight: 2, arbitrary: administer },
    { weight: 5, arbitrary: transact },
    { weight: 4, arbitrary: consume },
  );
}

function reading(api: string, version: number, request: Step['request']): Step {
  return { api, version, reads: true, request };
}

function writing(api: string, version: number, request: Step['request']): Step {
  return { api, version, reads: false, request };
}

function committed(committedOffset: number): Fields {
  return { partitionIndex: 0, committedOffset, committedMetadata: 'note' };
}

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
