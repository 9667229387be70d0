import { ConfigResourceTypes } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import type { Harness } from './harness.ts';

export function topicTests(harness: () => Harness): void {
  describe('topics', () => {
    test('are made with as many partitions as asked for, each with a leader', async () => {
      const topic = await harness().topic(3);
      const admin = await harness().admin();
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const [metadata] = topics;
      expect(topics.length).toBe(1);
      expect(metadata?.name).toBe(topic);
      expect(metadata?.partitions.map((partition) => partition.partitionId).sort()).toEqual([0, 1, 2]);
      const { brokers } = await admin.describeCluster();
      const nodes = brokers.map((broker) => broker.nodeId);
      for (const partition of metadata?.partitions ?? []) expect(nodes).toContain(partition.leader);
      expect(await admin.listTopics()).toContain(topic);
    });

    test('are not made twice', async () => {
      const topic = await harness().topic();
      const admin = await harness().admin();
      expect(await admin.createTopics({ topics: [{ topic }] })).toBe(false);
    });

    test('with a bad name, number of partitions or setting are refused', async () => {
      const admin = await harness().admin();
      const refused = async (wanted: object, type: string) => {
        const topics = [{ topic: harness().unique('refused'), ...wanted }];
        const error = await admin.createTopics({ topics }).catch((thrown: unknown) => thrown);
        expect(JSON.stringify(error, typesOnly), JSON.stringify(wanted)).toContain(type);
      };
      await refused({ topic: 'not a name' }, 'INVALID_TOPIC_EXCEPTION');
      await refused({ numPartitions: 0 }, 'INVALID_PARTITIONS');
      await refused({ configEntries: [{ name: 'cleanup.policy', value: 'burn' }] }, 'INVALID_CONFIG');
      await refused({ configEntries: [{ name: 'no.such.setting', value: '1' }] }, 'INVALID_CONFIG');
    });

    test('that are only validated are not made', async () => {
      const topic = harness().unique('validated');
      const admin = await harness().admin();
      await admin.createTopics({ topics: [{ topic }], validateOnly: true, waitForLeaders: false });
      expect(await admin.listTopics()).not.toContain(topic);
    });

    test('come into being when they are produced to', async () => {
      const topic = harness().unique('auto');
      const producer = await harness().producer({ allowAutoTopicCreation: true });
      await producer.send({ topic, messages: [{ value: 'first' }] });
      const { until } = await harness().collector(topic);
      expect((await until(1)).map((record) => record.value)).toEqual(['first']);
    });

    test('grow in partitions, and never shrink', async () => {
      const topic = await harness().topic(2);
      const admin = await harness().admin();
      await admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] });
      await eventually('5 partitions', async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        return topics[0]?.partitions.length === 5;
      });
      await expect(admin.createPartitions({ topicPartitions: [{ topic, count: 1 }] })).rejects.toThrow(/partitions/i);
    });

    test('go away with their records and their committed offsets', async () => {
      const topic = await harness().topic();
      const groupId = harness().unique('group');
      const admin = await harness().admin();
      const producer = await harness().producer();
      await producer.send({ topic, messages: [{ value: '1' }] });
      const { consumer, until } = await harness().collector(topic, groupId);
      await until(1);
      await consumer.disconnect();
      expect(await admin.fetchOffsets({ groupId })).toMatchObject([{ topic, partitions: [{ offset: '1' }] }]);
      await admin.deleteTopics({ topics: [topic] });
      await eventually('the topic to be gone', async () => !(await admin.listTopics()).includes(topic));
      await eventually('its offsets to be gone', async () => {
        const offsets = await admin.fetchOffsets({ groupId });
        return offsets.every((entry) => entry.topic !== topic);
      });
      const impatient = await harness().admin({ retries: 0 });
      await expect(impatient.deleteTopics({ topics: [topic] })).rejects.toThrow('does not host this topic-partition');
    });

    test('show their settings, and take new ones', async () => {
      const topic = await harness().topic(1, { 'cleanup.policy': 'compact', 'retention.ms': '60000' });
      const admin = await harness().admin();
      const settings = async () => {
        const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic }];
        const described = await admin.describeConfigs({ resources, includeSynonyms: false });
        return new Map(described.resources[0]?.configEntries.map((entry) => [entry.configName, entry]));
      };
      const before = await settings();
      expect(before.get('cleanup.policy')).toMatchObject({ configValue: 'compact', isDefault: false });
      expect(before.get('retention.ms')).toMatchObject({ configValue: '60000', isDefault: false });
      expect(before.get('max.message.bytes')).toMatchObject({ configValue: '1048588', isDefault: true });

      // AlterConfigs replaces the whole set: what is not named goes back to its default.
      const configEntries = [{ name: 'retention.ms', value: '120000' }];
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
      });
      const after = await eventually('the new settings', async () => {
        const now = await settings();
        return now.get('retention.ms')?.configValue === '120000' && now;
      });
      expect(after.get('cleanup.policy')).toMatchObject({ configValue: 'delete', isDefault: true });
    });
  });
}

/** Errors in errors: JSON of their types, whatever nests them. */
function typesOnly(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { ...value, type: 'type' in value ? value.type : undefined };
}
