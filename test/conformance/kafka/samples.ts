import { batchOf } from '../../brokers/kafka/wire.ts';
import { subscription } from './protocol/member.ts';
import type { Fields } from './protocol/values.ts';

/** Names that a sample request speaks of. */
export interface Names {
  /** Has at least one partition. */
  readonly topic: string;
  /** Its id, 32 hexadecimal digits; one that nothing has, where it does not matter. */
  readonly topicId?: string;
  /** Not there yet. */
  readonly newTopic: string;
  readonly group: string;
  readonly transaction: string;
}

/** A request of each API as a client sends it, in every version: what a version does not have is left out of it. */
export function sampleRequests({
  topic,
  topicId = '1'.repeat(32),
  newTopic,
  group,
  transaction,
}: Names): Readonly<Record<string, Fields>> {
  const producer = { transactionalId: transaction, producerId: 4711, producerEpoch: 0 };
  const metadata = subscription([topic], 'what the member says of itself');
  return {
    Produce: {
      acks: -1,
      timeoutMs: 1000,
      topicData: [
        { name: topic, partitionData: [{ index: 0, records: batchOf([{ key: 'k', value: 'v' }, { value: null }]) }] },
      ],
    },
    Fetch: {
      replicaId: -1,
      minBytes: 1,
      topics: [{ topic, topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }],
      forgottenTopicsData: [{ topic, topicId, partitions: [3] }],
    },
    ListOffsets: {
      replicaId: -1,
      topics: [{ name: topic, partitions: [-1, -2, 0].map((timestamp) => ({ partitionIndex: 0, timestamp })) }],
    },
    Metadata: { topics: [{ name: topic }] },
    OffsetCommit: {
      groupId: group,
      generationId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: 'a note' }] }],
    },
    OffsetFetch: {
      groupId: group,
      topics: [{ name: topic, partitionIndexes: [0, 1] }],
      groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: [0, 1] }] }],
    },
    FindCoordinator: { key: group, coordinatorKeys: [group, `${group}-2`] },
    JoinGroup: {
      groupId: group,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    },
    Heartbeat: { groupId: group, generationId: 1, memberId: 'nobody' },
    LeaveGroup: { groupId: group, memberId: 'nobody', members: [{ memberId: 'nobody' }] },
    SyncGroup: {
      groupId: group,
      generationId: 1,
      memberId: 'nobody',
      assignments: [{ memberId: 'nobody', assignment: metadata }],
    },
    DescribeGroups: { groups: [group, `${group}-unknown`] },
    ListGroups: { statesFilter: ['Stable'] },
    ApiVersions: { clientSoftwareName: 'conformance', clientSoftwareVersion: '1.0' },
    CreateTopics: {
      topics: [
        {
          name: newTopic,
          numPartitions: 2,
          replicationFactor: 1,
          configs: [{ name: 'retention.ms', value: '60000' }],
        },
      ],
      timeoutMs: 10_000,
    },
    DeleteTopics: { topics: [{ name: newTopic }], topicNames: [newTopic], timeoutMs: 10_000 },
    DeleteRecords: { topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 0 }] }], timeoutMs: 10_000 },
    InitProducerId: { transactionalId: null, transactionTimeoutMs: 10_000 },
    OffsetForLeaderEpoch: { topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }] },
    AddPartitionsToTxn: { ...producer, topics: [{ name: topic, partitions: [0] }] },
    AddOffsetsToTxn: { ...producer, groupId: group },
    EndTxn: { ...producer, committed: true },
    TxnOffsetCommit: {
      ...producer,
      groupId: group,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: 'a note' }] }],
    },
    DescribeConfigs: {
      resources: [
        { resourceType: 2, resourceName: topic, configurationKeys: null },
        { resourceType: 2, resourceName: topic, configurationKeys: ['retention.ms'] },
      ],
    },
    AlterConfigs: {
      resources: [{ resourceType: 2, resourceName: topic, configs: [{ name: 'retention.ms', value: '60000' }] }],
    },
    CreatePartitions: { topics: [{ name: topic, count: 9, assignments: null }], timeoutMs: 10_000, validateOnly: true },
    DeleteGroups: { groupsNames: [`${group}-unknown`] },
    IncrementalAlterConfigs: {
      resources: [
        {
          resourceType: 2,
          resourceName: topic,
          configs: [{ name: 'retention.ms', configOperation: 0, value: '60000' }],
        },
      ],
    },
    OffsetDelete: { groupId: group, topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }] },
    DescribeCluster: {},
  };
}
