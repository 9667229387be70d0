/** Where an answer is other than that of Apache Kafka 4.3.1. */
export interface Difference {
  readonly what: string;
  readonly here: string;
  readonly there: string;
  readonly why: string;
}

const EXACT = 'numbers of JavaScript are exact up to there, and no partition has such an offset';
const ONE_BROKER = 'there is one broker';
const AT_ONCE = 'kinder to a test, and to whoever reads along';

/** By API; docs/kafka-coverage.md is made of it. */
export const DIFFERENCES: Readonly<Record<string, readonly Difference[]>> = {
  Produce: [
    {
      what: 'versions 0–2',
      here: 'announced, and a request in them ends its connection',
      there: 'the same',
      why: 'record formats before KIP-98; librdkafka would stop compressing if they were not announced (KAFKA-18659)',
    },
    {
      what: 'the records within a batch',
      here: 'not looked into, but for their keys where the topic is compacted',
      there: 'read, and refused where they are not as the header says',
      why: 'a batch is stored as it came, and one that is compressed is never opened',
    },
    {
      what: 'a record that is more than an hour ahead',
      here: 'taken',
      there: 'INVALID_TIMESTAMP (`message.timestamp.after.max.ms`)',
      why: 'a test has a time of its own',
    },
    {
      what: 'a timestamp or a producer id beyond 2^53',
      here: 'INVALID_TIMESTAMP, UNKNOWN_PRODUCER_ID',
      there: 'taken, if the timestamp is long ago',
      why: EXACT,
    },
    {
      what: 'a numbered batch behind one that was refused because its partition was not added',
      here: 'taken, if it is the first of its producer',
      there: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
      why: 'what was refused leaves no trace here',
    },
    {
      what: 'a disk that is full',
      here: 'KAFKA_STORAGE_ERROR, and the broker goes on',
      there: 'the broker halts, if it has no other disk',
      why: 'decision 0131',
    },
  ],
  Fetch: [
    {
      what: 'sessions (KIP-227)',
      here: 'declined: session id 0 in every answer',
      there: 'made',
      why: 'what they save is a list of partitions, which costs nothing on one machine',
    },
    {
      what: 'how long it waits',
      here: 'as asked, at most 500 ms (`maxFetchWaitMs`), and up to an eighth less',
      there: 'as asked',
      why: 'so that clients with default settings hear of a rebalance soon, and fetches that wait end together, which costs less',
    },
  ],
  ListOffsets: [
    {
      what: 'a time that lies within a compressed batch',
      here: 'the first offset of the batch',
      there: 'that of the record',
      why: 'compressed batches are never opened',
    },
    {
      what: 'the newest record, when it was deleted',
      here: 'the newest of those that are left',
      there: 'the one that was deleted, while its segment is there',
      why: 'an offset that can be read',
    },
    {
      what: 'an isolation level that does not exist',
      here: 'taken for 0',
      there: 'UNKNOWN_SERVER_ERROR',
      why: 'no client sends one',
    },
  ],
  Metadata: [
    {
      what: 'a topic that is not there and may be made',
      here: 'made at once, and answered with its leader',
      there: 'UNKNOWN_TOPIC_OR_PARTITION, and made a moment later',
      why: AT_ONCE,
    },
  ],
  OffsetCommit: [
    { what: 'an offset beyond 2^53', here: 'OFFSET_OUT_OF_RANGE', there: 'taken', why: EXACT },
    {
      what: 'offsets of a group without members',
      here: 'kept until their group or topic is deleted',
      there: 'kept for 7 days (`offsets.retention.minutes`)',
      why: 'a site that was off for a month goes on where it was',
    },
  ],
  JoinGroup: [
    {
      what: 'the first members of a group',
      here: 'are a generation as soon as they have all joined, the first by itself at once',
      there: 'are waited for, 3 s (`group.initial.rebalance.delay.ms`)',
      why: 'a test has no 3 s; each later member costs one rebalance more',
    },
  ],
  LeaveGroup: [
    {
      what: 'a member id that was given out and leaves before it joined',
      here: 'is forgotten',
      there: 'is forgotten, and the group has to join again',
      why: 'nobody had shared anything with it',
    },
  ],
  CreateTopics: [
    {
      what: 'a replication factor',
      here: '1, or −1 for the default; others are refused',
      there: 'up to the number of brokers',
      why: ONE_BROKER,
    },
    {
      what: 'partitions',
      here: 'at most 10,000',
      there: 'no bound',
      why: 'a mistyped number should not take the memory',
    },
    {
      what: '`__consumer_offsets` and its sister',
      here: 'are not there, and names like others',
      there: 'are internal topics',
      why: 'what they hold is in the broker and its journal',
    },
  ],
  DeleteTopics: [
    {
      what: 'a topic that is named twice',
      here: 'INVALID_REQUEST, twice',
      there: 'once',
      why: 'an answer for each question',
    },
  ],
  InitProducerId: [
    {
      what: 'a transaction that the former producer left open',
      here: 'aborted, and answered at once',
      there: 'CONCURRENT_TRANSACTIONS, until it is aborted',
      why: AT_ONCE,
    },
  ],
  OffsetForLeaderEpoch: [{ what: 'the epoch', here: '0 for ever', there: 'counts elections', why: ONE_BROKER }],
  EndTxn: [
    {
      what: 'the markers',
      here: 'are written when it is answered',
      there: 'are written a moment later; CONCURRENT_TRANSACTIONS until then',
      why: AT_ONCE,
    },
    {
      what: 'a transaction whose time is up',
      here: 'aborted at that moment',
      there: 'within 10 s',
      why: 'a timer for each, not a round',
    },
  ],
  DescribeConfigs: [
    {
      what: 'what is told',
      here: 'values and where they come from; of the broker a few settings',
      there: 'with synonyms and documentation',
      why: 'no client decides by them',
    },
  ],
  AlterConfigs: [
    { what: 'a topic that is named twice', here: 'INVALID_REQUEST', there: 'no answer at all', why: 'a defect there' },
    {
      what: 'other resources than topics',
      here: 'INVALID_REQUEST',
      there: 'brokers, groups, metrics',
      why: 'the settings of this broker come with its options',
    },
  ],
  IncrementalAlterConfigs: [
    {
      what: '`cleanup.policy` without any policy',
      here: 'INVALID_CONFIG',
      there: 'taken since 4.0',
      why: 'the release that is announced refuses it',
    },
    {
      what: 'an operation that does not exist',
      here: 'INVALID_REQUEST, or INVALID_CONFIG',
      there: 'UNKNOWN_SERVER_ERROR',
      why: 'it says more',
    },
  ],
};

/** What Apache Kafka 4.3.1 announces to clients and this broker does not serve, by key, and why. */
export const NOT_SERVED: readonly { readonly why: string; readonly apis: Readonly<Record<number, string>> }[] = [
  {
    why: 'SASL, access control, delegation tokens, quotas: it listens on the own machine, and asks nobody who he is',
    apis: {
      17: 'SaslHandshake',
      29: 'DescribeAcls',
      30: 'CreateAcls',
      31: 'DeleteAcls',
      36: 'SaslAuthenticate',
      38: 'CreateDelegationToken',
      39: 'RenewDelegationToken',
      40: 'ExpireDelegationToken',
      41: 'DescribeDelegationToken',
      48: 'DescribeClientQuotas',
      49: 'AlterClientQuotas',
      50: 'DescribeUserScramCredentials',
      51: 'AlterUserScramCredentials',
    },
  },
  {
    why: 'more than one broker, and more than one disk',
    apis: {
      27: 'WriteTxnMarkers',
      34: 'AlterReplicaLogDirs',
      35: 'DescribeLogDirs',
      43: 'ElectLeaders',
      45: 'AlterPartitionReassignments',
      46: 'ListPartitionReassignments',
      55: 'DescribeQuorum',
      57: 'UpdateFeatures',
      64: 'UnregisterBroker',
      80: 'AddRaftVoter',
      81: 'RemoveRaftVoter',
    },
  },
  {
    why: 'the protocols of groups after the classic one: of consumers (KIP-848), shares (KIP-932) and streams (KIP-1071)',
    apis: {
      68: 'ConsumerGroupHeartbeat',
      69: 'ConsumerGroupDescribe',
      76: 'ShareGroupHeartbeat',
      77: 'ShareGroupDescribe',
      78: 'ShareFetch',
      79: 'ShareAcknowledge',
      83: 'InitializeShareGroupState',
      84: 'ReadShareGroupState',
      85: 'WriteShareGroupState',
      86: 'DeleteShareGroupState',
      87: 'ReadShareGroupStateSummary',
      88: 'StreamsGroupHeartbeat',
      89: 'StreamsGroupDescribe',
      90: 'DescribeShareGroupOffsets',
      91: 'AlterShareGroupOffsets',
      92: 'DeleteShareGroupOffsets',
    },
  },
  {
    why: 'what people look at, and no client needs',
    apis: {
      61: 'DescribeProducers',
      65: 'DescribeTransactions',
      66: 'ListTransactions',
      74: 'ListConfigResources',
      75: 'DescribeTopicPartitions',
    },
  },
];
