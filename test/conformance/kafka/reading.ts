import { describe, expect, test } from 'vitest';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import { batchOf } from '../../brokers/kafka/wire.ts';
import type { Harness } from './harness.ts';
import { fetchPartition, fieldsAt, produce } from './protocol/asking.ts';
import { at, type Fields } from './protocol/values.ts';

export function readingTests(harness: () => Harness): void {
  /** A topic with one batch of each number of records. */
  const filled = async (...batches: number[]) => {
    const topic = await harness().topic();
    const client = await harness().protocol();
    const base = Date.now() - 60_000;
    let count = 0;
    for (const records of batches) {
      const made = Array.from({ length: records }, () => ({ value: `${count}`, timestamp: base + count++ }));
      await produce(client, { topic, batch: batchOf(made) });
    }
    return { topic, client, base };
  };
  const request = (topic: string, fields: Fields = {}, partition: Fields = {}): Fields => ({
    replicaId: -1,
    minBytes: 1,
    maxBytes: 1_000_000,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, ...partition }] }],
    ...fields,
  });

  describe('a fetch request', () => {
    test('of what cannot be read says why', async () => {
      const { topic, client } = await filled(3);
      const asked = async (partition: Fields, name = topic) => {
        const answer = await client.ask('Fetch', 12, request(name, {}, partition));
        expect(answer).toMatchObject({ errorCode: 0, sessionId: 0 });
        return fieldsAt(answer, 'responses', 0, 'partitions', 0);
      };
      const nothing = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, preferredReadReplica: -1 };
      const outOfRange = { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, ...nothing };
      expect(await asked({ fetchOffset: 4 })).toMatchObject(outOfRange);
      expect(await asked({ fetchOffset: -1 })).toMatchObject(outOfRange);
      expect(await asked({ fetchOffset: 3 })).toMatchObject({ errorCode: 0, highWatermark: 3 });
      const unknown = { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ...nothing };
      expect(await asked({ partition: 1 })).toMatchObject({ partitionIndex: 1, ...unknown });
      expect(await asked({}, `${topic}-unknown`)).toMatchObject(unknown);
      expect(await asked({ currentLeaderEpoch: 1 })).toMatchObject({
        errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH,
        ...nothing,
      });
      expect(await asked({ currentLeaderEpoch: 0 })).toMatchObject({ errorCode: 0, highWatermark: 3 });
    });

    test('calls topics by their ids from Fetch 13 on', async () => {
      const { topic, client } = await filled(2);
      const ask = async (topicId: string, partition = 0) => {
        const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: 1_000_000 }];
        const answer = await client.ask('Fetch', 13, request(topic, { topics: [{ topicId, partitions }] }));
        expect(at(answer, 'responses', 0, 'topicId')).toBe(topicId);
        return fieldsAt(answer, 'responses', 0, 'partitions', 0);
      };
      const topicId = await harness().topicId(topic);
      expect(await ask(topicId)).toMatchObject({ errorCode: 0, highWatermark: 2 });
      expect(await ask(topicId, 5)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
      expect(await ask('1'.repeat(32))).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, highWatermark: -1 });
    });

    test('of a session that nobody knows is told so', async () => {
      const { topic, client } = await filled(1);
      const answer = await client.ask('Fetch', 12, request(topic, { sessionId: 4711, sessionEpoch: 1 }));
      expect(answer).toMatchObject({ errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0, responses: [] });
    });

    test('begins with the batch that holds its offset, and gets one batch however little it asks for', async () => {
      const { topic, client } = await filled(3, 3, 3);
      const baseOffsets = async (fetchOffset: number, partitionMaxBytes: number) => {
        const answer = await client.ask('Fetch', 12, request(topic, {}, { fetchOffset, partitionMaxBytes }));
        const records = at(answer, 'responses', 0, 'partitions', 0, 'records');
        if (!Buffer.isBuffer(records)) throw new Error('no records');
        const found: number[] = [];
        for (let from = 0; from < records.length; from += 12 + records.readInt32BE(from + 8)) {
          found.push(Number(records.readBigInt64BE(from)));
        }
        return found;
      };
      expect(await baseOffsets(4, 1_000_000)).toEqual([3, 6]);
      expect(await baseOffsets(4, 1)).toEqual([3]);
      expect(await baseOffsets(8, 1)).toEqual([6]);
    });

    test('waits for records, and no longer than it asked', async () => {
      const { topic, client } = await filled(1);
      const waiting = fetchPartition(client, { topic, offset: 1, maxWaitMs: 20_000 });
      const other = await harness().protocol();
      await produce(other, { topic, batch: batchOf([{ value: 'news' }], { timestamp: Date.now() }) });
      expect(await waiting).toMatchObject({ errorCode: 0, highWatermark: 2 });
      const empty = await fetchPartition(client, { topic, offset: 2, maxWaitMs: 100 });
      expect(empty).toMatchObject({ errorCode: 0, highWatermark: 2 });
    });
  });

  describe('offsets', () => {
    const listed = async (
      client: Awaited<ReturnType<typeof filled>>['client'],
      topic: string,
      fields: Fields,
      version = 7,
    ) => {
      const topics = [{ name: topic, partitions: [{ partitionIndex: 0, ...fields }] }];
      return fieldsAt(
        await client.ask('ListOffsets', version, { replicaId: -1, topics }),
        'topics',
        0,
        'partitions',
        0,
      );
    };

    test('are the first, the last, that of a time, or that of the newest record', async () => {
      const { topic, client, base } = await filled(3, 3);
      const at0 = { errorCode: 0, partitionIndex: 0, leaderEpoch: 0 };
      expect(await listed(client, topic, { timestamp: -2 })).toEqual({ ...at0, timestamp: -1, offset: 0 });
      expect(await listed(client, topic, { timestamp: -1 })).toEqual({ ...at0, timestamp: -1, offset: 6 });
      expect(await listed(client, topic, { timestamp: -3 })).toEqual({ ...at0, timestamp: base + 5, offset: 5 });
      expect(await listed(client, topic, { timestamp: base + 4 })).toEqual({ ...at0, timestamp: base + 4, offset: 4 });
      expect(await listed(client, topic, { timestamp: base + 9 })).toEqual({
        errorCode: 0,
        partitionIndex: 0,
        leaderEpoch: -1,
        timestamp: -1,
        offset: -1,
      });
      const empty = await harness().topic();
      expect(await listed(client, empty, { timestamp: -3 })).toMatchObject({ errorCode: 0, timestamp: -1, offset: -1 });
      expect(await listed(client, empty, { timestamp: -1 })).toMatchObject({ errorCode: 0, timestamp: -1, offset: 0 });
    });

    test('that no partition can have are outside of all of them', async () => {
      const { topic, client, base } = await filled(3);
      const none = { errorCode: 0, timestamp: -1, offset: -1 };
      for (const timestamp of [2n ** 53n + 1n, 2n ** 63n - 1n]) {
        expect(await listed(client, topic, { timestamp })).toMatchObject(none);
      }
      const outOfRange = { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE };
      for (const offset of [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
        const fetched = await client.ask('Fetch', 12, request(topic, {}, { fetchOffset: offset }));
        expect(at(fetched, 'responses', 0, 'partitions', 0)).toMatchObject(outOfRange);
        const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }];
        const deleted = await client.ask('DeleteRecords', 2, { topics, timeoutMs: 10_000 });
        expect(at(deleted, 'topics', 0, 'partitions', 0)).toMatchObject({ ...outOfRange, lowWatermark: -1 });
      }
      expect(await listed(client, topic, { timestamp: base + 1 })).toMatchObject({ errorCode: 0, offset: 1 });
    });

    test('of what is not there are refused', async () => {
      const { topic, client } = await filled(1);
      const refused = (errorCode: number) => ({ errorCode, timestamp: -1, offset: -1, leaderEpoch: -1 });
      const unknown = refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await listed(client, `${topic}-unknown`, { timestamp: -1 })).toMatchObject(unknown);
      expect(await listed(client, topic, { timestamp: -1, partitionIndex: 5 })).toMatchObject(unknown);
      expect(await listed(client, topic, { timestamp: -1, currentLeaderEpoch: 1 })).toMatchObject(
        refused(ErrorCode.UNKNOWN_LEADER_EPOCH),
      );
      expect(await listed(client, topic, { timestamp: -3 }, 6)).toMatchObject(refused(ErrorCode.UNSUPPORTED_VERSION));
      expect(await listed(client, topic, { timestamp: -99 })).toMatchObject(refused(ErrorCode.UNSUPPORTED_VERSION));
      const twice = [{ name: topic, partitions: [-1, -2].map((timestamp) => ({ partitionIndex: 0, timestamp })) }];
      const answer = await client.ask('ListOffsets', 7, { replicaId: -1, topics: twice });
      expect(at(answer, 'topics', 0, 'partitions', 0, 'errorCode')).toBe(ErrorCode.INVALID_REQUEST);
    });

    test('end with the epoch of their leader', async () => {
      const { topic, client } = await filled(2);
      const end = async (leaderEpoch: number, fields: Fields = {}, name = topic) => {
        const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch, ...fields }];
        const answer = await client.ask('OffsetForLeaderEpoch', 4, {
          replicaId: -1,
          topics: [{ topic: name, partitions }],
        });
        return fieldsAt(answer, 'topics', 0, 'partitions', 0);
      };
      const undefinedEnd = { leaderEpoch: -1, endOffset: -1 };
      expect(await end(0)).toEqual({ errorCode: 0, partition: 0, leaderEpoch: 0, endOffset: 2 });
      expect(await end(1)).toMatchObject({ errorCode: 0, ...undefinedEnd });
      expect(await end(0, { currentLeaderEpoch: 1 })).toMatchObject({
        errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH,
        ...undefinedEnd,
      });
      expect(await end(0, {}, `${topic}-unknown`)).toMatchObject({
        errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ...undefinedEnd,
      });
    });
  });
}
