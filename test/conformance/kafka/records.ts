import { CompressionTypes, type Producer } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import type { Harness } from './harness.ts';

export function recordTests(harness: () => Harness): void {
  describe('records', () => {
    test('come back as they were sent', async () => {
      const topic = await harness().topic();
      const producer = await harness().producer();
      const messages = [
        { key: 'k', value: 'v', headers: { floor: '3', site: 'hq' }, timestamp: '1700000000123' },
        { key: null, value: 'no key' },
        { key: 'tombstone', value: null },
        { key: '', value: '' },
        { key: 'ключ', value: '🔥 ä' },
        { key: 'large', value: 'x'.repeat(300_000) },
      ];
      await producer.send({ topic, messages });
      const { until } = await harness().collector(topic);
      const seen = await until(messages.length);
      expect(seen.map(({ key, value, offset }) => ({ key, value, offset }))).toEqual(
        messages.map(({ key, value }, i) => ({ key, value, offset: String(i) })),
      );
      expect(seen[0]).toMatchObject({ headers: { floor: '3', site: 'hq' }, timestamp: '1700000000123' });
    });

    test('in compressed batches come back as well', async () => {
      const topic = await harness().topic();
      const producer = await harness().producer();
      const messages = Array.from({ length: 100 }, (_, i) => ({ value: `record ${i}` }));
      await producer.send({ topic, messages, compression: CompressionTypes.GZIP });
      const { until } = await harness().collector(topic);
      expect((await until(100)).map((record) => record.value)).toEqual(messages.map((message) => message.value));
    });

    test.each([0, 1, -1])('with acks=%i get their offsets in order', async (acks) => {
      const topic = await harness().topic();
      const producer = await harness().producer();
      for (let i = 0; i < 5; i++) {
        const [answer] = await producer.send({ topic, acks, messages: [{ value: `${i}a` }, { value: `${i}b` }] });
        if (acks !== 0) expect(answer).toMatchObject({ errorCode: 0, baseOffset: String(2 * i), partition: 0 });
      }
      const { until } = await harness().collector(topic);
      const seen = await until(10);
      expect(seen.map((record) => record.value)).toEqual([0, 1, 2, 3, 4].flatMap((i) => [`${i}a`, `${i}b`]));
      expect(seen.map((record) => record.offset)).toEqual([...seen.keys()].map(String));
    });

    test('of one request reach several topics and partitions', async () => {
      const [first, second] = [await harness().topic(2), await harness().topic(3)];
      const producer = await harness().producer();
      const spread = (partitions: number) =>
        Array.from({ length: partitions * 2 }, (_, i) => ({ value: String(i), partition: i % partitions }));
      await producer.sendBatch({
        topicMessages: [
          { topic: first, messages: spread(2) },
          { topic: second, messages: spread(3) },
        ],
      });
      const admin = await harness().admin();
      expect((await admin.fetchTopicOffsets(first)).map((entry) => entry.high)).toEqual(['2', '2']);
      expect((await admin.fetchTopicOffsets(second)).map((entry) => entry.high)).toEqual(['2', '2', '2']);
    });

    test('larger than the topic takes are refused', async () => {
      const topic = await harness().topic(1, { 'max.message.bytes': '10000' });
      const producer = await harness().producer();
      const send = (value: string) => producer.send({ topic, messages: [{ value }] });
      await send('x'.repeat(9_000));
      await expect(send('x'.repeat(10_001))).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' });
    });

    test('of an idempotent producer are taken once, in order', async () => {
      const topic = await harness().topic(2);
      const producer = await harness().producer({ idempotent: true, maxInFlightRequests: 1 });
      for (let i = 0; i < 20; i++) await producer.send({ topic, messages: [{ value: String(i), partition: i % 2 }] });
      const { until } = await harness().collector(topic);
      const seen = await until(20);
      for (const partition of [0, 1]) {
        const values = seen.filter((record) => record.partition === partition).map((record) => Number(record.value));
        expect(values).toEqual(Array.from({ length: 10 }, (_, i) => 2 * i + partition));
      }
    });

    test('are found by their timestamp', async () => {
      const topic = await harness().topic();
      const producer = await harness().producer();
      const admin = await harness().admin();
      const base = Date.now() - 60_000;
      await producer.send({ topic, messages: [0, 10, 20].map((i) => ({ value: '', timestamp: String(base + i) })) });
      await producer.send({ topic, messages: [30, 40].map((i) => ({ value: '', timestamp: String(base + i) })) });
      const offsetAt = async (timestamp: number) =>
        (await admin.fetchTopicOffsetsByTimestamp(topic, timestamp)).map((entry) => entry.offset);
      expect(await offsetAt(base - 5)).toEqual(['0']);
      expect(await offsetAt(base + 10)).toEqual(['1']);
      expect(await offsetAt(base + 11)).toEqual(['2']);
      expect(await offsetAt(base + 21)).toEqual(['3']);
      expect(await offsetAt(base + 40)).toEqual(['4']);
      // kafkajs turns "none is that young" into the end.
      expect(await offsetAt(base + 41)).toEqual(['5']);
    });

    test('can be read from the middle of a batch', async () => {
      const topic = await harness().topic();
      await send(await harness().producer(), topic, 10);
      const consumer = await harness().consumer(harness().unique('group'));
      await consumer.subscribe({ topic });
      const { until } = await harness().collect(consumer);
      consumer.seek({ topic, partition: 0, offset: '7' });
      expect((await until(3)).map((record) => record.offset)).toEqual(['7', '8', '9']);
    });

    test('that are deleted cannot be read, and the start says so', async () => {
      const topic = await harness().topic();
      const producer = await harness().producer();
      for (let i = 0; i < 5; i++) await send(producer, topic, 2);
      const admin = await harness().admin();
      // Asked first for another reason as well: kafkajs deletes nothing in a topic that it has not met.
      expect(await admin.fetchTopicOffsets(topic)).toMatchObject([{ low: '0', high: '10' }]);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '5' }] });
      expect(await admin.fetchTopicOffsets(topic)).toMatchObject([{ low: '5', high: '10' }]);
      const { until } = await harness().collector(topic);
      expect((await until(5)).map((record) => record.offset)).toEqual(['5', '6', '7', '8', '9']);
      const beyond = admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '11' }] });
      await expect(beyond).rejects.toMatchObject({
        cause: { partitions: [{ error: { type: 'OFFSET_OUT_OF_RANGE' } }] },
      });
    });

    test('in a consumer that stood beyond the end are read from the start again', async () => {
      const topic = await harness().topic();
      const producer = await harness().producer();
      await send(producer, topic, 3);
      const consumer = await harness().consumer(harness().unique('group'));
      await consumer.subscribe({ topic, fromBeginning: true });
      const { until } = await harness().collect(consumer);
      consumer.seek({ topic, partition: 0, offset: '1000' });
      expect((await until(3)).map((record) => record.offset)).toEqual(['0', '1', '2']);
    });

    test('larger than a consumer asks for still reach it', async () => {
      const topic = await harness().topic();
      const producer = await harness().producer();
      for (const size of [50_000, 10, 60_000]) await producer.send({ topic, messages: [{ value: 'x'.repeat(size) }] });
      const { until } = await harness().collector(topic, undefined, { maxBytesPerPartition: 1000, maxBytes: 2000 });
      expect((await until(3)).map((record) => record.value?.length)).toEqual([50_000, 10, 60_000]);
    });

    test('in great number arrive complete and in order', async () => {
      const topic = await harness().topic(3);
      const producer = await harness().producer();
      const total = 30_000;
      for (let i = 0; i < total; i += 1000) {
        const messages = Array.from({ length: 1000 }, (_, j) => ({ value: String(i + j), partition: (i + j) % 3 }));
        await producer.send({ topic, messages });
      }
      const { until } = await harness().collector(topic);
      const seen = await until(total);
      expect(seen.length).toBe(total);
      for (const partition of [0, 1, 2]) {
        const values = seen.filter((record) => record.partition === partition).map((record) => Number(record.value));
        expect(values).toEqual(Array.from({ length: total / 3 }, (_, i) => 3 * i + partition));
      }
    });
  });
}

async function send(producer: Producer, topic: string, count: number): Promise<void> {
  await producer.send({ topic, messages: Array.from({ length: count }, (_, i) => ({ value: String(i) })) });
}
