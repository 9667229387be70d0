import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import type { Harness } from './harness.ts';

export function groupTests(harness: () => Harness): void {
  describe('groups', () => {
    const stableWith = async (groupId: string, members: number) => {
      const admin = await harness().admin();
      await eventually(
        `${groupId} to be stable with ${members} members`,
        async () => {
          const [group] = (await admin.describeGroups([groupId])).groups;
          return group?.state === 'Stable' && group.members.length === members;
        },
        20_000,
      );
    };

    test('share the partitions of a topic, and every record goes to one member', async () => {
      const topic = await harness().topic(4);
      const groupId = harness().unique('group');
      const producer = await harness().producer();
      const first = await harness().collector(topic, groupId);
      const second = await harness().collector(topic, groupId);
      await stableWith(groupId, 2);
      const messages = Array.from({ length: 40 }, (_, i) => ({ value: String(i), partition: i % 4 }));
      await producer.send({ topic, messages });
      await eventually('all 40', () => first.seen.length + second.seen.length >= 40);
      const all = [...first.seen, ...second.seen];
      expect(all.map((record) => Number(record.value)).sort((a, b) => a - b)).toEqual([...messages.keys()]);
      const partitionsOf = (seen: typeof all) => [...new Set(seen.map((record) => record.partition))];
      expect(partitionsOf(first.seen).length).toBe(2);
      expect(partitionsOf(second.seen).length).toBe(2);
    });

    test('give the share of a member that leaves to those that stay', async () => {
      const topic = await harness().topic(4);
      const groupId = harness().unique('group');
      const producer = await harness().producer();
      const stays = await harness().collector(topic, groupId);
      const leaves = await harness().collector(topic, groupId);
      await stableWith(groupId, 2);
      await leaves.consumer.disconnect();
      await stableWith(groupId, 1);
      await producer.send({ topic, messages: [0, 1, 2, 3].map((partition) => ({ value: 'x', partition })) });
      const seen = await stays.until(4);
      expect(seen.map((record) => record.partition).sort()).toEqual([0, 1, 2, 3]);
    });

    test('go on from what they committed, also after everybody left', async () => {
      const topic = await harness().topic();
      const groupId = harness().unique('group');
      const producer = await harness().producer();
      const admin = await harness().admin();
      const first = await harness().collector(topic, groupId);
      await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] });
      await first.until(2);
      await first.consumer.disconnect();
      const [group] = (await admin.describeGroups([groupId])).groups;
      expect(group).toMatchObject({ state: 'Empty', members: [] });
      expect(await admin.fetchOffsets({ groupId, topics: [topic] })).toMatchObject([
        { topic, partitions: [{ partition: 0, offset: '2' }] },
      ]);
      await producer.send({ topic, messages: [{ value: 'c' }] });
      const second = await harness().collector(topic, groupId);
      expect((await second.until(1)).map((record) => record.value)).toEqual(['c']);
    });

    test('keep the note that a commit carries', async () => {
      const topic = await harness().topic();
      const groupId = harness().unique('group');
      const consumer = await harness().consumer(groupId);
      await consumer.subscribe({ topic });
      await harness().collect(consumer);
      await stableWith(groupId, 1);
      await consumer.commitOffsets([{ topic, partition: 0, offset: '41', metadata: '{"proven":"17"}' }]);
      const admin = await harness().admin();
      expect(await admin.fetchOffsets({ groupId, topics: [topic] })).toEqual([
        { topic, partitions: [{ partition: 0, offset: '41', metadata: '{"proven":"17"}' }] },
      ]);
    });

    test('without a committed offset answer −1', async () => {
      const topic = await harness().topic(2);
      const admin = await harness().admin();
      const [entry] = await admin.fetchOffsets({ groupId: harness().unique('group'), topics: [topic] });
      expect(entry?.partitions.map((partition) => partition.offset)).toEqual(['-1', '-1']);
    });

    test('have their offsets reset from outside while nobody consumes', async () => {
      const topic = await harness().topic();
      const groupId = harness().unique('group');
      const admin = await harness().admin();
      const producer = await harness().producer();
      await producer.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value })) });
      const first = await harness().collector(topic, groupId);
      await first.until(3);
      await first.consumer.disconnect();
      // kafkajs does it by joining, and takes 5 s for it; it commits −2.
      await admin.resetOffsets({ groupId, topic, earliest: true });
      const second = await harness().collector(topic, groupId);
      expect((await second.until(3)).map((record) => record.value)).toEqual(['a', 'b', 'c']);
    });

    test('are listed, described and deleted, but not while they have members', async () => {
      const topic = await harness().topic(2);
      const groupId = harness().unique('group');
      const admin = await harness().admin();
      const { consumer } = await harness().collector(topic, groupId);
      await stableWith(groupId, 1);
      expect((await admin.listGroups()).groups).toContainEqual({ groupId, protocolType: 'consumer' });
      const [group] = (await admin.describeGroups([groupId])).groups;
      expect(group).toMatchObject({ groupId, protocolType: 'consumer', protocol: 'RoundRobinAssigner' });
      expect(group?.members[0]?.clientId).toBe('kafkajs');
      await expect(admin.deleteGroups([groupId])).rejects.toMatchObject({ groups: [{ errorCode: 68 }] });
      await consumer.disconnect();
      await admin.deleteGroups([groupId]);
      expect((await admin.describeGroups([groupId])).groups[0]?.state).toBe('Dead');
      await expect(admin.deleteGroups([groupId])).rejects.toMatchObject({ groups: [{ errorCode: 69 }] });
    });

    test('that consume the same topic do not disturb each other', async () => {
      const topic = await harness().topic(2);
      const producer = await harness().producer();
      await producer.send({ topic, messages: [0, 1].map((partition) => ({ value: 'x', partition })) });
      const [first, second] = [await harness().collector(topic), await harness().collector(topic)];
      expect((await first.until(2)).length).toBe(2);
      expect((await second.until(2)).length).toBe(2);
    });

    test('lose nothing and double nothing while members come and go in an orderly way', async () => {
      const topic = await harness().topic(6);
      const groupId = harness().unique('group');
      const producer = await harness().producer();
      const members = [await harness().collector(topic, groupId)];
      const seen = () => members.flatMap((member) => member.seen);
      const wave = async (from: number) => {
        const messages = Array.from({ length: 60 }, (_, i) => ({ value: String(from + i), partition: i % 6 }));
        await producer.send({ topic, messages });
        await eventually(`wave from ${from}`, () => seen().length >= from + 60, 20_000);
      };
      await wave(0);
      members.push(await harness().collector(topic, groupId));
      await stableWith(groupId, 2);
      await wave(60);
      members.push(await harness().collector(topic, groupId));
      await stableWith(groupId, 3);
      await wave(120);
      await members[0]?.consumer.disconnect();
      await stableWith(groupId, 2);
      await wave(180);
      const values = seen().map((record) => Number(record.value));
      expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 240 }, (_, i) => i));
    });
  });
}
