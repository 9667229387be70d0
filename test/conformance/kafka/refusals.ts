import { describe, expect, test } from 'vitest';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import { batchOf } from '../../brokers/kafka/wire.ts';
import type { Harness } from './harness.ts';
import { coordinated, produce, settled, WireProducer } from './protocol/asking.ts';
import type { ProtocolClient } from './protocol/client.ts';
import { WireMember } from './protocol/member.ts';
import { at, type Fields, listAt, textAt } from './protocol/values.ts';

/** Errors that stand for themselves, beside those of the APIs' own tests. */
export function refusalTests(harness: () => Harness): void {
  const ready = async (): Promise<ProtocolClient> => {
    const client = await harness().protocol();
    for (const keyType of [0, 1] as const) await coordinated(client, keyType, 'any');
    return client;
  };

  describe('what names no coordinator, group or transaction', () => {
    test('FindCoordinator knows groups and transactions only', async () => {
      const client = await ready();
      const refused = { errorCode: ErrorCode.INVALID_REQUEST, nodeId: -1, host: '', port: -1 };
      for (const keyType of [2, 9]) {
        const answer = await client.ask('FindCoordinator', 4, { keyType, coordinatorKeys: ['a'] });
        expect(at(answer, 'coordinators', 0)).toMatchObject({ key: 'a', ...refused });
      }
      const answer = await client.ask('FindCoordinator', 3, { keyType: 9, key: 'a' });
      expect(answer).toMatchObject(refused);
      expect(textAt(answer, 'errorMessage')).not.toBe('');
      expect(await client.ask('FindCoordinator', 4, { coordinatorKeys: [] })).toMatchObject({ coordinators: [] });
    });

    test('lists of groups may be empty, and states unknown', async () => {
      const client = await ready();
      expect(await client.ask('DescribeGroups', 5, { groups: [] })).toMatchObject({ groups: [] });
      expect(await client.ask('DescribeGroups', 5, { groups: [harness().unique('g')] })).toMatchObject({
        groups: [{ errorCode: 0, groupState: 'Dead', members: [] }],
      });
      const listed = await client.ask('ListGroups', 4, { statesFilter: ['Nonsense'] });
      expect(listed).toMatchObject({ errorCode: 0, groups: [] });
      const group = harness().unique('g');
      const deleted = await settled(
        () => client.ask('DeleteGroups', 2, { groupsNames: [group, group] }),
        'results',
        0,
        'errorCode',
      );
      expect(listAt(deleted, 'results')).toEqual([{ groupId: group, errorCode: ErrorCode.GROUP_ID_NOT_FOUND }]);
    });

    test('offsets are committed and fetched without a group’s name, but not within a transaction', async () => {
      const topic = await harness().topic();
      const member = new WireMember(await ready(), '');
      expect(await member.commit(topic, 3)).toBe(ErrorCode.NONE);
      expect(await member.commit(topic, 3, { memberId: 'm', generationId: 1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      const topics = [{ name: topic, partitionIndexes: [0] }];
      const fetched = await member.client.ask('OffsetFetch', 7, { groupId: '', topics });
      expect(at(fetched, 'topics', 0, 'partitions', 0)).toMatchObject({ errorCode: 0, committedOffset: 3 });
      const producer = new WireProducer(member.client, harness().unique('transaction'));
      await producer.init();
      expect(await producer.commitOffset('', topic, 3)).toBe(ErrorCode.INVALID_GROUP_ID);
    });

    test('offsets of what is not there are none, and commits to it refused', async () => {
      const topic = await harness().topic();
      const groupId = harness().unique('g');
      const client = await ready();
      const commit = (topics: Fields[]) => client.ask('OffsetCommit', 8, { groupId, topics });
      expect(await commit([])).toMatchObject({ topics: [] });
      const fetched = await settled(
        () => client.ask('OffsetFetch', 7, { groupId, topics: [{ name: `${topic}-unknown`, partitionIndexes: [0] }] }),
        'errorCode',
      );
      const none = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 };
      expect(at(fetched, 'topics', 0, 'partitions', 0)).toMatchObject(none);
    });
  });

  describe('a transaction', () => {
    const begun = async () => {
      const topic = await harness().topic();
      const producer = new WireProducer(await ready(), harness().unique('transaction'));
      await producer.init();
      return { topic, producer, client: producer.client };
    };

    test('needs a transactional id, its producer and its epoch in every request', async () => {
      const { topic, producer, client } = await begun();
      const { INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED } = ErrorCode;
      const wrong: [Fields, ErrorCode][] = [
        [{ transactionalId: '' }, INVALID_REQUEST],
        [{ transactionalId: harness().unique('nobody') }, INVALID_PRODUCER_ID_MAPPING],
        [{ producerId: producer.producerId + 1_000_000 }, INVALID_PRODUCER_ID_MAPPING],
        [{ producerId: -1 }, INVALID_PRODUCER_ID_MAPPING],
        [{ producerEpoch: producer.epoch + 5 }, PRODUCER_FENCED],
        [{ producerEpoch: -1 }, PRODUCER_FENCED],
      ];
      for (const [fields, error] of wrong) {
        const request = { ...producer.identity, ...fields };
        const told = JSON.stringify(fields);
        const added = await client.ask('AddPartitionsToTxn', 3, {
          ...request,
          topics: [{ name: topic, partitions: [0] }],
        });
        expect(at(added, 'results', 0, 'results', 0, 'errorCode'), told).toBe(error);
        expect(await client.ask('AddOffsetsToTxn', 3, { ...request, groupId: 'g' }), told).toMatchObject({
          errorCode: error,
        });
        expect(await client.ask('EndTxn', 3, { ...request, committed: true }), told).toMatchObject({
          errorCode: error,
        });
        // Two APIs have never learnt PRODUCER_FENCED.
        const asOfOld = error === PRODUCER_FENCED ? ErrorCode.INVALID_PRODUCER_EPOCH : error;
        const offsets = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
        const commit = { ...request, groupId: 'g', topics: [{ name: topic, partitions: offsets }] };
        const path = ['topics', 0, 'partitions', 0, 'errorCode'];
        const committed = await settled(() => client.ask('TxnOffsetCommit', 3, commit), ...path);
        expect(at(committed, ...path), told).toBe(asOfOld);
      }
      expect(await client.ask('AddPartitionsToTxn', 3, { ...producer.identity, topics: [] })).toMatchObject({
        results: [],
      });
      const negative = await client.ask('AddPartitionsToTxn', 3, {
        ...producer.identity,
        topics: [{ name: topic, partitions: [-1] }],
      });
      expect(at(negative, 'results', 0, 'results', 0, 'errorCode')).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    });

    test('writes as its own producer, under its own id, and only once it is begun', async () => {
      const { topic, producer, client } = await begun();
      const batch = (fields: { producerId?: number; epoch?: number } = {}) => {
        const { producerId, epoch } = producer;
        const stamp = { attributes: 0b10000, producerId, epoch, sequence: 0, timestamp: Date.now() };
        return batchOf([{ value: 'x' }], { ...stamp, ...fields });
      };
      const { transactionalId } = producer;
      const refused = (errorCode: ErrorCode) => ({ errorCode, baseOffset: -1 });
      expect(await produce(client, { topic, batch: batch(), transactionalId })).toMatchObject(
        refused(ErrorCode.INVALID_TXN_STATE),
      );
      const nobody = harness().unique('nobody');
      expect(await produce(client, { topic, batch: batch(), transactionalId: nobody })).toMatchObject(
        refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING),
      );
      const other = batch({ producerId: producer.producerId + 1_000_000 });
      expect(await produce(client, { topic, batch: other, transactionalId })).toMatchObject(
        refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING),
      );
      const later = batch({ epoch: producer.epoch + 9 });
      expect(await produce(client, { topic, batch: later, transactionalId })).toMatchObject(
        refused(ErrorCode.INVALID_PRODUCER_EPOCH),
      );
      const plain = batchOf([{ value: 'x' }], { timestamp: Date.now() });
      expect(await produce(client, { topic, batch: plain, transactionalId })).toMatchObject({ errorCode: 0 });
    });

    test('commits offsets for members of the present generation, and only of its own groups', async () => {
      const { topic, producer } = await begun();
      const groupId = harness().unique('group');
      expect(await producer.addGroup(groupId)).toBe(ErrorCode.NONE);
      expect(await producer.commitOffset(`${groupId}-other`, topic, 1)).toBe(ErrorCode.INVALID_TXN_STATE);
      const former = new WireMember(await harness().protocol(), groupId, { instanceId: 'one' });
      await former.join();
      await former.sync();
      const present = new WireMember(await harness().protocol(), groupId, { instanceId: 'one' });
      await present.join();
      const commit = ({ memberId, generation }: WireMember, fields: Fields = {}) => {
        const member = { memberId, generationId: generation, groupInstanceId: 'one', ...fields };
        return producer.commitOffset(groupId, topic, 1, member);
      };
      expect(await commit(former)).toBe(ErrorCode.FENCED_INSTANCE_ID);
      expect(await commit(present, { generationId: 77 })).toBe(ErrorCode.ILLEGAL_GENERATION);
      expect(await commit(present, { memberId: 'm', groupInstanceId: null })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      const wrong = async (fields: Fields) => {
        const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '', ...fields }];
        return await commit(present, { topics: [{ name: topic, partitions }] });
      };
      expect(await wrong({ partitionIndex: -1 })).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await wrong({ committedMetadata: 'x'.repeat(4097) })).toBe(ErrorCode.OFFSET_METADATA_TOO_LARGE);
      expect(await commit(present)).toBe(ErrorCode.NONE);
      expect(await producer.end(false)).toBe(ErrorCode.NONE);
    });
  });

  describe('settings of a topic', () => {
    const TOPIC = 2;
    const asked = async () => {
      const topic = await harness().topic();
      const client = await harness().protocol();
      const alter = async (configs: Fields[], resource: Fields = {}, fields: Fields = {}) => {
        const resources = [{ resourceType: TOPIC, resourceName: topic, configs, ...resource }];
        const answer = await client.ask('AlterConfigs', 2, { resources, ...fields });
        return at(answer, 'responses', 0, 'errorCode');
      };
      return { topic, client, alter };
    };
    const retention = (value: string | null) => ({ name: 'retention.ms', value });

    test('are refused as a whole by AlterConfigs', async () => {
      const { topic, client, alter } = await asked();
      expect(await alter([retention('soon')])).toBe(ErrorCode.INVALID_CONFIG);
      expect(await alter([{ name: 'no.such', value: '1' }])).toBe(ErrorCode.INVALID_CONFIG);
      expect(await alter([retention(null)])).toBe(ErrorCode.INVALID_REQUEST);
      expect(await alter([retention('5000'), retention('6000')])).toBe(ErrorCode.INVALID_REQUEST);
      expect(await alter([retention('5000')], { resourceType: 77 })).toBe(ErrorCode.INVALID_REQUEST);
      expect(await alter([retention('5000')], { resourceName: '' })).toBe(ErrorCode.INVALID_REQUEST);
      expect(await alter([retention('5000')], { resourceName: `${topic}-unknown` })).toBe(
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      );
      expect(await alter([retention('5000')], {}, { validateOnly: true })).toBe(ErrorCode.NONE);
      const resources = [{ resourceType: TOPIC, resourceName: topic, configurationKeys: ['retention.ms'] }];
      const described = await client.ask('DescribeConfigs', 4, { resources });
      expect(at(described, 'results', 0, 'configs', 0, 'value')).toBe('604800000');
    });

    test('that nobody knows can be deleted, and what is not in a list subtracted', async () => {
      const { topic, client } = await asked();
      const configs = [
        { name: 'no.such', configOperation: 1, value: null },
        { name: 'cleanup.policy', configOperation: 3, value: 'compact' },
      ];
      for (const config of configs) {
        const resources = [{ resourceType: TOPIC, resourceName: topic, configs: [config] }];
        const answer = await client.ask('IncrementalAlterConfigs', 1, { resources });
        expect(at(answer, 'responses', 0, 'errorCode'), config.name).toBe(ErrorCode.NONE);
      }
    });

    test('are described for topics and brokers that are there, all of them where none is named', async () => {
      const { topic, client } = await asked();
      const describeConfigs = async (
        resourceType: number,
        resourceName: string,
        configurationKeys: string[] | null,
      ) => {
        const resources = [{ resourceType, resourceName, configurationKeys }];
        return at(await client.ask('DescribeConfigs', 4, { resources }), 'results', 0);
      };
      const refused = (errorCode: ErrorCode) => ({ errorCode, configs: [] });
      expect(await describeConfigs(TOPIC, '', null)).toMatchObject(refused(ErrorCode.INVALID_TOPIC));
      expect(await describeConfigs(99, topic, null)).toMatchObject(refused(ErrorCode.INVALID_REQUEST));
      expect(await describeConfigs(4, 'x', null)).toMatchObject(refused(ErrorCode.INVALID_REQUEST));
      const all = listAt(await describeConfigs(TOPIC, topic, null), 'configs').length;
      expect(listAt(await describeConfigs(TOPIC, topic, []), 'configs').length).toBe(all);
    });
  });

  describe('partitions below zero', () => {
    test('are unknown to every API that names one', async () => {
      const topic = await harness().topic();
      const client = await harness().protocol();
      const unknown = { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
      const asked: [string, number, Fields, (string | number)[]][] = [
        [
          'Fetch',
          12,
          { replicaId: -1, topics: [{ topic, partitions: [{ partition: -1, partitionMaxBytes: 10 }] }] },
          ['responses'],
        ],
        [
          'ListOffsets',
          7,
          { replicaId: -1, topics: [{ name: topic, partitions: [{ partitionIndex: -1, timestamp: -1 }] }] },
          ['topics'],
        ],
        [
          'DeleteRecords',
          2,
          { topics: [{ name: topic, partitions: [{ partitionIndex: -1 }] }], timeoutMs: 1000 },
          ['topics'],
        ],
        ['OffsetForLeaderEpoch', 4, { topics: [{ topic, partitions: [{ partition: -1 }] }] }, ['topics']],
      ];
      for (const [api, version, request, path] of asked) {
        const answer = await client.ask(api, version, request);
        expect(at(answer, ...path, 0, 'partitions', 0), api).toMatchObject(unknown);
      }
    });

    test('and lists of nothing are answered with nothing', async () => {
      const client = await harness().protocol();
      expect(await client.ask('CreateTopics', 7, { topics: [], timeoutMs: 1000 })).toMatchObject({ topics: [] });
      expect(await client.ask('DeleteTopics', 6, { topics: [], timeoutMs: 1000 })).toMatchObject({ responses: [] });
      const bad = await client.ask('DeleteTopics', 6, { topics: [{ name: 'a b' }], timeoutMs: 1000 });
      expect(at(bad, 'responses', 0)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
    });
  });

  describe('only to be checked', () => {
    test('nothing is made and nothing grows', async () => {
      const topic = await harness().topic();
      const name = harness().unique('checked');
      const client = await harness().protocol();
      const created = await client.ask('CreateTopics', 7, {
        topics: [{ name, numPartitions: 1, replicationFactor: 1 }],
        timeoutMs: 1000,
        validateOnly: true,
      });
      expect(at(created, 'topics', 0)).toMatchObject({ errorCode: 0, numPartitions: 1, replicationFactor: 1 });
      const grown = await client.ask('CreatePartitions', 3, {
        topics: [{ name: topic, count: 4, assignments: null }],
        timeoutMs: 1000,
        validateOnly: true,
      });
      expect(at(grown, 'results', 0)).toMatchObject({ errorCode: 0 });
      const metadata = (named: string) =>
        client.ask('Metadata', 12, { topics: [{ name: named }], allowAutoTopicCreation: false });
      expect(at(await metadata(name), 'topics', 0, 'errorCode')).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      expect(listAt(await metadata(topic), 'topics', 0, 'partitions').length).toBe(1);
    });
  });
}
