import { describe, expect, test } from 'vitest';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import { batchOf } from '../../brokers/kafka/wire.ts';
import { eventually } from '../../support/eventually.ts';
import type { Harness } from './harness.ts';
import { coordinated, fieldsAt, produce } from './protocol/asking.ts';
import { WireMember } from './protocol/member.ts';
import { at, type Fields, listAt, textAt } from './protocol/values.ts';

const NO_ID = '0'.repeat(32);

export function administrationTests(harness: () => Harness): void {
  describe('the cluster', () => {
    test('is described: itself, its brokers and its controller', async () => {
      const client = await harness().protocol();
      const cluster = await client.ask('DescribeCluster', 0);
      expect(cluster).toMatchObject({ errorCode: 0, errorMessage: null, clusterAuthorizedOperations: -0x8000_0000 });
      const brokers = listAt(cluster, 'brokers');
      expect(brokers.length).toBe(1);
      expect(at(brokers[0], 'host')).toBe('127.0.0.1');
      expect(at(cluster, 'controllerId')).toBe(at(brokers[0], 'brokerId'));
      const metadata = await client.ask('Metadata', 11, { topics: [] });
      expect(at(metadata, 'clusterId')).toBe(at(cluster, 'clusterId'));
      expect(at(metadata, 'brokers', 0, 'nodeId')).toBe(at(brokers[0], 'brokerId'));
      expect(listAt(metadata, 'topics')).toEqual([]);
    });

    test('has a coordinator for every group and transaction, and for nothing else', async () => {
      const client = await harness().protocol();
      for (const keyType of [0, 1] as const) {
        await coordinated(client, keyType, 'a');
        const answer = await client.ask('FindCoordinator', 4, { keyType, coordinatorKeys: ['a', 'b'] });
        expect(listAt(answer, 'coordinators').map((found) => [at(found, 'key'), at(found, 'errorCode')])).toEqual([
          ['a', 0],
          ['b', 0],
        ]);
        expect(await client.ask('FindCoordinator', 3, { keyType, key: 'a' })).toMatchObject({ errorCode: 0 });
      }
    });
  });

  describe('topics, by requests,', () => {
    const create = async (topics: Fields[], fields: Fields = {}) => {
      const client = await harness().protocol();
      return client.ask('CreateTopics', 7, { topics, timeoutMs: 10_000, ...fields });
    };

    test('are told as they were made, and have an id', async () => {
      const name = harness().unique('topic');
      const configs = [{ name: 'retention.ms', value: '60000' }];
      const answer = await create([{ name, numPartitions: 3, replicationFactor: -1, configs }]);
      const made = fieldsAt(answer, 'topics', 0);
      expect(made).toMatchObject({ name, errorCode: 0, numPartitions: 3, replicationFactor: 1 });
      expect(listAt(made, 'configs')).toContainEqual({
        name: 'retention.ms',
        value: '60000',
        readOnly: false,
        configSource: 1,
        isSensitive: false,
      });
      expect(textAt(made, 'topicId')).not.toBe(NO_ID);
      const client = await harness().protocol();
      await eventually('the topic to be known', async () => {
        const found = at(
          await client.ask('Metadata', 11, { topics: [{ name }], allowAutoTopicCreation: false }),
          'topics',
          0,
        );
        return at(found, 'errorCode') === 0 && at(found, 'topicId') === made['topicId'];
      });
    });

    test('are refused for many reasons', async () => {
      const topic = await harness().topic();
      const unique = () => harness().unique('refused');
      const refusal = async (fields: Fields) => {
        const answer = await create([{ name: unique(), numPartitions: 1, replicationFactor: 1, ...fields }]);
        expect(at(answer, 'topics', 0)).toMatchObject({ topicId: NO_ID, numPartitions: -1, replicationFactor: -1 });
        expect(textAt(answer, 'topics', 0, 'errorMessage')).not.toBe('');
        return at(answer, 'topics', 0, 'errorCode');
      };
      expect(await refusal({ name: topic })).toBe(ErrorCode.TOPIC_ALREADY_EXISTS);
      for (const name of ['', '.', '..', 'a b', 'x'.repeat(250)]) {
        expect(await refusal({ name }), name).toBe(ErrorCode.INVALID_TOPIC);
      }
      const dotted = `${unique()}.a`;
      expect(
        at(await create([{ name: dotted, numPartitions: 1, replicationFactor: 1 }]), 'topics', 0, 'errorCode'),
      ).toBe(0);
      expect(await refusal({ name: dotted.replace('.', '_') }), 'metrics would collide').toBe(ErrorCode.INVALID_TOPIC);
      expect(await refusal({ numPartitions: 0 })).toBe(ErrorCode.INVALID_PARTITIONS);
      expect(await refusal({ numPartitions: -2 })).toBe(ErrorCode.INVALID_PARTITIONS);
      expect(await refusal({ replicationFactor: 0 })).toBe(ErrorCode.INVALID_REPLICATION_FACTOR);
      expect(await refusal({ replicationFactor: 3 })).toBe(ErrorCode.INVALID_REPLICATION_FACTOR);
      expect(await refusal({ configs: [{ name: 'retention.ms', value: 'soon' }] })).toBe(ErrorCode.INVALID_CONFIG);
      expect(await refusal({ configs: [{ name: 'no.such', value: '1' }] })).toBe(ErrorCode.INVALID_CONFIG);
      const twice = unique();
      const both = await create([1, 1].map((numPartitions) => ({ name: twice, numPartitions, replicationFactor: 1 })));
      expect(at(both, 'topics', 0, 'errorCode')).toBe(ErrorCode.INVALID_REQUEST);
    });

    test('are placed by hand only where there are brokers', async () => {
      const client = await harness().protocol();
      const node = at(await client.ask('DescribeCluster', 0), 'controllerId');
      const placed = async (assignments: Fields[], fields: Fields = {}) => {
        const name = harness().unique('placed');
        const answer = await create([{ name, numPartitions: -1, replicationFactor: -1, assignments, ...fields }]);
        return fieldsAt(answer, 'topics', 0);
      };
      expect(
        await placed([
          { partitionIndex: 0, brokerIds: [node] },
          { partitionIndex: 1, brokerIds: [node] },
        ]),
      ).toMatchObject({ errorCode: 0, numPartitions: 2, replicationFactor: 1 });
      const wrong = { errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT };
      expect(await placed([{ partitionIndex: 0, brokerIds: [4711] }])).toMatchObject(wrong);
      expect(await placed([{ partitionIndex: 1, brokerIds: [node] }])).toMatchObject(wrong);
      expect(await placed([{ partitionIndex: 0, brokerIds: [] }])).toMatchObject(wrong);
      expect(await placed([{ partitionIndex: 0, brokerIds: [node] }], { numPartitions: 1 })).toMatchObject({
        errorCode: ErrorCode.INVALID_REQUEST,
      });
    });

    test('are deleted by name or by id', async () => {
      const [first, second] = [await harness().topic(), await harness().topic()];
      const client = await harness().protocol();
      const known = await client.ask('Metadata', 11, { topics: [{ name: second }] });
      const topicId = textAt(known, 'topics', 0, 'topicId');
      const remove = async (...topics: Fields[]) =>
        listAt(await client.ask('DeleteTopics', 6, { topics, timeoutMs: 10_000 }), 'responses');
      expect(await remove({ name: first })).toMatchObject([{ name: first, errorCode: 0 }]);
      expect(await remove({ name: null, topicId })).toMatchObject([{ name: second, topicId, errorCode: 0 }]);
      expect(await remove({ name: first })).toMatchObject([
        { name: first, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
      ]);
      expect(await remove({ name: null, topicId })).toMatchObject([
        { name: null, topicId, errorCode: ErrorCode.UNKNOWN_TOPIC_ID },
      ]);
      const third = await harness().topic();
      expect(at((await remove({ name: third, topicId }))[0], 'errorCode')).toBe(ErrorCode.INVALID_REQUEST);
      expect(at((await remove({ name: null }))[0], 'errorCode')).toBe(ErrorCode.INVALID_REQUEST);
      expect(at((await remove({ name: third }, { name: third }))[0], 'errorCode')).toBe(ErrorCode.INVALID_REQUEST);
    });

    test('are not made by a question that forbids it, nor with a bad name', async () => {
      const client = await harness().protocol();
      const name = harness().unique('unknown');
      const ask = async (topics: Fields[], fields: Fields = {}, version = 11) =>
        at(await client.ask('Metadata', version, { topics, ...fields }), 'topics', 0);
      expect(await ask([{ name }], { allowAutoTopicCreation: false })).toMatchObject({
        name,
        topicId: NO_ID,
        errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        partitions: [],
      });
      expect(await ask([{ name: 'a b' }])).toMatchObject({ errorCode: ErrorCode.INVALID_TOPIC });
      const refused = { errorCode: ErrorCode.INVALID_REQUEST };
      expect(await ask([{ name, topicId: '1'.repeat(32) }], { allowAutoTopicCreation: false })).toMatchObject(refused);
      expect(await ask([{ name: null, topicId: '1'.repeat(32) }])).toMatchObject(refused);
    });

    test('are found by their ids from Metadata 12 on', async () => {
      const topic = await harness().topic(2);
      const client = await harness().protocol();
      const topicId = await harness().topicId(topic);
      const ask = async (...topics: Fields[]) => at(await client.ask('Metadata', 12, { topics }), 'topics', 0);
      expect(await ask({ name: null, topicId })).toMatchObject({ errorCode: 0, name: topic, topicId });
      expect(await ask({ name: null, topicId: '1'.repeat(32) })).toMatchObject({
        errorCode: ErrorCode.UNKNOWN_TOPIC_ID,
        name: null,
        topicId: '1'.repeat(32),
        partitions: [],
      });
    });

    test('grow, and nothing else', async () => {
      const topic = await harness().topic(2);
      const client = await harness().protocol();
      const grow = async (count: number, fields: Fields = {}, more: Fields[] = []) => {
        const topics = [{ name: topic, count, assignments: null, ...fields }, ...more];
        return at(await client.ask('CreatePartitions', 3, { topics, timeoutMs: 10_000 }), 'results', 0, 'errorCode');
      };
      for (const count of [-1, 0, 1, 2]) expect(await grow(count), String(count)).toBe(ErrorCode.INVALID_PARTITIONS);
      expect(await grow(3, { name: `${topic}-unknown` })).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await grow(3, {}, [{ name: topic, count: 4, assignments: null }])).toBe(ErrorCode.INVALID_REQUEST);
      expect(await grow(3, { assignments: [] })).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
      expect(await grow(3, { assignments: [{ brokerIds: [4711] }] })).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
      expect(await grow(3)).toBe(ErrorCode.NONE);
      await eventually('3 partitions', async () => {
        return (
          listAt(await client.ask('Metadata', 11, { topics: [{ name: topic }] }), 'topics', 0, 'partitions').length ===
          3
        );
      });
    });

    test('lose their first records, if they are not compacted', async () => {
      const [topic, compacted] = [await harness().topic(), await harness().topic(1, { 'cleanup.policy': 'compact' })];
      const client = await harness().protocol();
      for (const name of [topic, compacted]) {
        const records = [0, 1, 2].map((i) => ({ key: String(i) }));
        await produce(client, { topic: name, batch: batchOf(records, { timestamp: Date.now() }) });
      }
      const remove = async (offset: number, name = topic, partitionIndex = 0) => {
        const topics = [{ name, partitions: [{ partitionIndex, offset }] }];
        return at(await client.ask('DeleteRecords', 2, { topics, timeoutMs: 10_000 }), 'topics', 0, 'partitions', 0);
      };
      expect(await remove(2)).toEqual({ partitionIndex: 0, lowWatermark: 2, errorCode: 0 });
      expect(await remove(1), 'what is gone already').toEqual({ partitionIndex: 0, lowWatermark: 2, errorCode: 0 });
      const outside = { lowWatermark: -1, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE };
      expect(await remove(4)).toMatchObject(outside);
      expect(await remove(-2)).toMatchObject(outside);
      expect(await remove(0, `${topic}-unknown`)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
      expect(await remove(0, topic, 4)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
      expect(await remove(1, compacted)).toMatchObject({ lowWatermark: -1, errorCode: ErrorCode.POLICY_VIOLATION });
      expect(await remove(-1)).toEqual({ partitionIndex: 0, lowWatermark: 3, errorCode: 0 });
    });
  });

  describe('settings, by requests,', () => {
    const TOPIC = 2;
    const asked = async () => {
      const topic = await harness().topic();
      const client = await harness().protocol();
      const settings = async (name = topic, resourceType = TOPIC, configurationKeys: string[] | null = null) => {
        const resources = [{ resourceType, resourceName: name, configurationKeys }];
        return fieldsAt(await client.ask('DescribeConfigs', 4, { resources }), 'results', 0);
      };
      const value = async (name: string) => {
        const found = listAt(await settings(topic, TOPIC, [name]), 'configs');
        return found.length === 1 ? at(found[0], 'value') : found;
      };
      const alter = async (configs: Fields[], resource: Fields = {}, fields: Fields = {}) => {
        const resources = [{ resourceType: TOPIC, resourceName: topic, configs, ...resource }];
        return at(
          await client.ask('IncrementalAlterConfigs', 1, { resources, ...fields }),
          'responses',
          0,
          'errorCode',
        );
      };
      const becomes = (name: string, wanted: string) =>
        eventually(`${name} to be ${wanted}`, async () => (await value(name)) === wanted);
      return { topic, client, settings, value, alter, becomes };
    };

    test('are described with their types and where they come from', async () => {
      const { topic, settings } = await asked();
      const described = await settings(topic, TOPIC, ['retention.ms', 'cleanup.policy', 'no.such']);
      expect(described).toMatchObject({ errorCode: 0, resourceType: TOPIC, resourceName: topic });
      const byName = new Map(listAt(described, 'configs').map((config) => [at(config, 'name'), config]));
      expect([...byName.keys()].sort()).toEqual(['cleanup.policy', 'retention.ms']);
      const common = { readOnly: false, configSource: 5, isSensitive: false, synonyms: [], documentation: null };
      expect(byName.get('retention.ms')).toMatchObject({ ...common, value: '604800000', configType: 5 });
      expect(byName.get('cleanup.policy')).toMatchObject({ ...common, value: 'delete', configType: 7 });
      expect(await settings(`${topic}-unknown`)).toMatchObject({
        errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        configs: [],
      });
      expect(await settings('4711', 4)).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST });
    });

    test('are set, deleted, appended to and subtracted from', async () => {
      const { alter, becomes } = await asked();
      expect(await alter([{ name: 'retention.ms', configOperation: 0, value: '1000' }])).toBe(ErrorCode.NONE);
      await becomes('retention.ms', '1000');
      expect(await alter([{ name: 'retention.ms', configOperation: 1, value: null }])).toBe(ErrorCode.NONE);
      await becomes('retention.ms', '604800000');
      expect(await alter([{ name: 'cleanup.policy', configOperation: 2, value: 'compact' }])).toBe(ErrorCode.NONE);
      await becomes('cleanup.policy', 'delete,compact');
      expect(await alter([{ name: 'cleanup.policy', configOperation: 3, value: 'delete' }])).toBe(ErrorCode.NONE);
      await becomes('cleanup.policy', 'compact');
    });

    test('are refused for many reasons, and then stay as they were', async () => {
      const { topic, alter, value, client } = await asked();
      const set = (name: string, to: string | null) => ({ name, configOperation: 0, value: to });
      expect(await alter([set('retention.ms', 'soon')])).toBe(ErrorCode.INVALID_CONFIG);
      expect(await alter([set('no.such', '1')])).toBe(ErrorCode.INVALID_CONFIG);
      expect(await alter([set('retention.ms', '1'), set('no.such', '1')])).toBe(ErrorCode.INVALID_CONFIG);
      expect(await alter([set('retention.ms', '1'), set('retention.ms', '2')])).toBe(ErrorCode.INVALID_REQUEST);
      expect(await alter([set('retention.ms', null)])).toBe(ErrorCode.INVALID_REQUEST);
      expect(await alter([{ name: 'retention.ms', configOperation: 2, value: '1' }])).toBe(ErrorCode.INVALID_CONFIG);
      expect(await alter([set('retention.ms', '1')], { resourceName: `${topic}-unknown` })).toBe(
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      );
      expect(await alter([set('retention.ms', '1')], { resourceType: 77 })).toBe(ErrorCode.INVALID_REQUEST);
      expect(await alter([set('retention.ms', '1')], {}, { validateOnly: true })).toBe(ErrorCode.NONE);
      const resource = { resourceType: TOPIC, resourceName: topic, configs: [set('retention.ms', '1')] };
      const twice = await client.ask('IncrementalAlterConfigs', 1, { resources: [resource, resource] });
      expect(at(twice, 'responses', 0, 'errorCode')).toBe(ErrorCode.INVALID_REQUEST);
      expect(await value('retention.ms')).toBe('604800000');
    });
  });

  describe('committed offsets, by requests,', () => {
    test('are deleted, unless a member subscribes to their topic', async () => {
      const [topic, other] = [await harness().topic(2), await harness().topic()];
      const client = await harness().protocol();
      const member = new WireMember(client, harness().unique('group'), { topics: [other] });
      await coordinated(client, 0, member.groupId);
      for (const name of [topic, other]) expect(await member.commit(name, 7)).toBe(ErrorCode.NONE);
      const remove = async (names: string[], groupId = member.groupId, partitionIndex = 0) => {
        const topics = names.map((name) => ({ name, partitions: [{ partitionIndex }] }));
        return client.ask('OffsetDelete', 0, { groupId, topics });
      };
      const result = (name: string, errorCode: number, partitionIndex = 0) => ({
        name,
        partitions: [{ partitionIndex, errorCode }],
      });
      const committed = async (name: string) => {
        const groups = [{ groupId: member.groupId, topics: [{ name, partitionIndexes: [0] }] }];
        const answer = await client.ask('OffsetFetch', 8, { groups });
        return at(answer, 'groups', 0, 'topics', 0, 'partitions', 0, 'committedOffset');
      };
      expect(await remove([topic], `${member.groupId}-unknown`)).toMatchObject({
        errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
        topics: [],
      });
      await member.join();
      await member.sync();
      expect(await remove([other])).toMatchObject({
        errorCode: 0,
        topics: [result(other, ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC)],
      });
      expect(await remove([topic])).toMatchObject({ errorCode: 0, topics: [result(topic, 0)] });
      expect([await committed(topic), await committed(other)]).toEqual([-1, 7]);
      expect(await remove([topic]), 'what is not there').toMatchObject({ topics: [result(topic, 0)] });
      expect(await remove([topic], member.groupId, 9)).toMatchObject({
        topics: [result(topic, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 9)],
      });
      await member.leave();
      expect(await remove([other])).toMatchObject({ topics: [result(other, 0)] });
      expect(await committed(other)).toBe(-1);
    });

    test('are not deleted while members of another kind are there', async () => {
      const topic = await harness().topic();
      const client = await harness().protocol();
      const member = new WireMember(client, harness().unique('group'), { protocolType: 'connect' });
      await member.join();
      const topics = [{ name: topic, partitions: [{ partitionIndex: 0 }] }];
      expect(await client.ask('OffsetDelete', 0, { groupId: member.groupId, topics })).toMatchObject({
        errorCode: ErrorCode.NON_EMPTY_GROUP,
        topics: [],
      });
    });
  });
}
