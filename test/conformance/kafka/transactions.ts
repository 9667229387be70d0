import { describe, expect, test } from 'vitest';
import { batchBaseOffset, batchBytes, batchIsControl } from '../../../brokers/kafka/batch.ts';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import { recordsOf } from '../../../brokers/kafka/records.ts';
import { batchOf } from '../../brokers/kafka/wire.ts';
import { eventually } from '../../support/eventually.ts';
import type { Harness } from './harness.ts';
import { coordinated, fetchPartition, produce, settled, WireProducer } from './protocol/asking.ts';
import { at, type Fields } from './protocol/values.ts';

export function transactionTests(harness: () => Harness): void {
  const producerOf = async (transactionalId = harness().unique('transaction')) =>
    new WireProducer(await harness().protocol(), transactionalId);
  const begun = async (topic: string, timeoutMs?: number) => {
    const producer = await producerOf();
    expect(await producer.init(timeoutMs)).toBe(ErrorCode.NONE);
    expect(await producer.add(topic, 0)).toBe(ErrorCode.NONE);
    return producer;
  };

  describe('transactions', () => {
    test('are seen by read_committed when they are committed, and not before', async () => {
      const topic = await harness().topic();
      const reader = await harness().protocol();
      const producer = await begun(topic);
      expect(await producer.send(topic, 0, [{ value: 'a' }, { value: 'b' }])).toEqual({ errorCode: 0, baseOffset: 0 });
      const read = (committed: boolean) => fetchPartition(reader, { topic, committed });

      const before = await read(true);
      expect(before).toMatchObject({ errorCode: 0, highWatermark: 2, lastStableOffset: 0, abortedTransactions: [] });
      expect(batchesIn(before)).toEqual([]);
      const uncommitted = await read(false);
      expect(uncommitted).toMatchObject({ highWatermark: 2, lastStableOffset: 0, abortedTransactions: null });
      expect(batchesIn(uncommitted)).toEqual([{ offset: 0, control: false, values: ['a', 'b'] }]);

      expect(await producer.end(true)).toBe(ErrorCode.NONE);
      const after = await eventually('the marker', async () => {
        const answer = await read(true);
        return at(answer, 'lastStableOffset') === 3 && answer;
      });
      expect(after).toMatchObject({ highWatermark: 3, abortedTransactions: [] });
      expect(batchesIn(after)).toEqual([
        { offset: 0, control: false, values: ['a', 'b'] },
        { offset: 2, control: true, values: ['commit'] },
      ]);
    });

    test('that are aborted are listed for read_committed', async () => {
      const topic = await harness().topic();
      const reader = await harness().protocol();
      const producer = await begun(topic);
      await producer.send(topic, 0, [{ value: 'a' }]);
      expect(await producer.end(false)).toBe(ErrorCode.NONE);
      await stable(reader, topic, 2);
      expect(await producer.add(topic, 0)).toBe(ErrorCode.NONE);
      await producer.send(topic, 0, [{ value: 'b' }]);
      await producer.end(true);
      await stable(reader, topic, 4);

      const all = await fetchPartition(reader, { topic, committed: true });
      expect(all).toMatchObject({ abortedTransactions: [{ producerId: producer.producerId, firstOffset: 0 }] });
      expect(batchesIn(all).map(({ values }) => values[0])).toEqual(['a', 'abort', 'b', 'commit']);
      const rest = await fetchPartition(reader, { topic, committed: true, offset: 2 });
      expect(rest).toMatchObject({ abortedTransactions: [] });
      expect(await fetchPartition(reader, { topic })).toMatchObject({ abortedTransactions: null });
    });

    test('of several producers hold the last stable offset at the first that is open', async () => {
      const topic = await harness().topic();
      const reader = await harness().protocol();
      const [first, second] = [await begun(topic), await begun(topic)];
      await first.send(topic, 0, [{ value: 'first' }]);
      await second.send(topic, 0, [{ value: 'second' }]);
      await second.end(true);
      await eventually('the marker of the second', async () => {
        return at(await fetchPartition(reader, { topic }), 'highWatermark') === 3;
      });
      const held = await fetchPartition(reader, { topic, committed: true });
      expect(held).toMatchObject({ highWatermark: 3, lastStableOffset: 0 });
      expect(batchesIn(held)).toEqual([]);
      const latest = async (isolationLevel: number) => {
        const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
        const answer = await reader.ask('ListOffsets', 7, { replicaId: -1, isolationLevel, topics });
        return at(answer, 'topics', 0, 'partitions', 0, 'offset');
      };
      expect([await latest(0), await latest(1)]).toEqual([3, 0]);
      await first.end(false);
      await stable(reader, topic, 4);
      expect(await latest(1)).toBe(4);
    });

    test('that are committed wake who waits for them with read_committed', async () => {
      const topic = await harness().topic();
      const [reader, other] = [await harness().protocol(), await harness().protocol()];
      const producer = await begun(topic);
      await producer.send(topic, 0, [{ value: 'a' }]);
      const waiting = fetchPartition(reader, { topic, committed: true, maxWaitMs: 20_000 });
      await eventually('the record', async () => batchesIn(await fetchPartition(other, { topic })).length === 1);
      await producer.end(true);
      // Only where the broker bounds the wait, the first answer may be an empty one.
      const answer = await waiting;
      const found = batchesIn(answer).length > 0 ? answer : await fetchPartition(reader, { topic, committed: true });
      expect(batchesIn(found).map(({ values }) => values[0])).toEqual(['a', 'commit']);
    });

    test('fence the producer that had the id before, and abort what it left open', async () => {
      const topic = await harness().topic();
      const reader = await harness().protocol();
      const former = await begun(topic);
      await former.send(topic, 0, [{ value: 'left open' }]);
      const latter = await producerOf(former.transactionalId ?? '');
      expect(await latter.init()).toBe(ErrorCode.NONE);
      expect(latter.producerId).toBe(former.producerId);
      expect(latter.epoch).toBeGreaterThan(former.epoch);
      await stable(reader, topic, 2);

      expect(await former.add(topic, 0)).toBe(ErrorCode.PRODUCER_FENCED);
      expect(await former.add(topic, 0, 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
      expect(await former.addGroup('g')).toBe(ErrorCode.PRODUCER_FENCED);
      expect(await former.addGroup('g', 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
      expect(await former.end(true)).toBe(ErrorCode.PRODUCER_FENCED);
      expect(await former.end(true, 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
      expect(await former.send(topic, 0, [{ value: 'too late' }])).toMatchObject({
        errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
      });
      expect(await latter.add(topic, 0)).toBe(ErrorCode.NONE);
      expect(await latter.send(topic, 0, [{ value: 'in time' }])).toEqual({ errorCode: 0, baseOffset: 2 });
      expect(await latter.end(true)).toBe(ErrorCode.NONE);
    });

    test('are aborted when their time is up, and their producer is fenced', { timeout: 60_000 }, async () => {
      const topic = await harness().topic();
      const reader = await harness().protocol();
      const producer = await begun(topic, 500);
      await producer.send(topic, 0, [{ value: 'slow' }]);
      await stable(reader, topic, 2, 30_000);
      expect(await fetchPartition(reader, { topic, committed: true })).toMatchObject({
        abortedTransactions: [{ producerId: producer.producerId, firstOffset: 0 }],
      });
      expect(await producer.end(true)).toBe(ErrorCode.PRODUCER_FENCED);
      expect(await producer.init()).toBe(ErrorCode.NONE);
    });

    test('have to be begun, and are ended once', async () => {
      const topic = await harness().topic();
      const producer = await producerOf();
      expect(await producer.init()).toBe(ErrorCode.NONE);
      expect(await producer.end(true)).toBe(ErrorCode.INVALID_TXN_STATE);
      const unadded = await producer.send(topic, 0, [{ value: 'not added' }], { sequence: 0 });
      expect(unadded).toMatchObject({ errorCode: ErrorCode.INVALID_TXN_STATE });
      expect(await producer.add(topic, 0)).toBe(ErrorCode.NONE);
      expect(await producer.send(topic, 0, [{ value: 'added' }], { sequence: 0 })).toMatchObject({ errorCode: 0 });
      expect(await producer.end(true)).toBe(ErrorCode.NONE);
      expect(await producer.end(true)).toBe(ErrorCode.NONE);
      expect(await producer.end(false)).toBe(ErrorCode.INVALID_TXN_STATE);
    });

    test('of an unknown id or a wrong producer are refused', async () => {
      const topic = await harness().topic();
      const known = await begun(topic);
      const unknown = await producerOf();
      unknown.producerId = known.producerId;
      unknown.epoch = 0;
      expect(await unknown.add(topic, 0)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
      expect(await unknown.addGroup('g')).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
      expect(await unknown.end(true)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
      known.producerId += 1_000_000;
      expect(await known.add(topic, 0)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
      expect(await known.end(true)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    });

    test('need a name, and a timeout that the broker takes', async () => {
      const client = await harness().protocol();
      await coordinated(client, 1, 'any');
      const init = (transactionalId: string, transactionTimeoutMs: number) =>
        settled(() => client.ask('InitProducerId', 4, { transactionalId, transactionTimeoutMs }), 'errorCode');
      const refused = { producerId: -1, producerEpoch: -1 };
      expect(await init('', 60_000)).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST });
      for (const timeout of [0, -1, 900_001]) {
        const answer = await init(harness().unique('transaction'), timeout);
        expect(answer, String(timeout)).toMatchObject({ ...refused, errorCode: ErrorCode.INVALID_TRANSACTION_TIMEOUT });
      }
      expect(await init(harness().unique('transaction'), 900_000)).toMatchObject({ errorCode: 0, producerEpoch: 0 });
    });

    test('take all partitions or none', async () => {
      const topic = await harness().topic(2);
      const producer = await producerOf();
      await producer.init();
      const topics = [{ name: topic, partitions: [1, 7] }];
      const answer = await producer.client.ask('AddPartitionsToTxn', 3, { ...producer.identity, topics });
      const errors = new Map(
        [0, 1].map((i) => {
          const result = at(answer, 'results', 0, 'results', i);
          return [at(result, 'partitionIndex'), at(result, 'errorCode')];
        }),
      );
      expect(errors.get(1)).toBe(ErrorCode.OPERATION_NOT_ATTEMPTED);
      expect(errors.get(7)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await producer.end(true), 'none was begun').toBe(ErrorCode.INVALID_TXN_STATE);
    });

    test('take no record from outside them, and give none away', async () => {
      const topic = await harness().topic();
      const producer = await begun(topic);
      await producer.send(topic, 0, [{ value: 'inside' }]);
      const { client, producerId, epoch } = producer;
      const outside = batchOf([{ value: 'outside' }], { producerId, epoch, sequence: 1 });
      expect(await produce(client, { topic, batch: outside })).toMatchObject({
        errorCode: ErrorCode.INVALID_TXN_STATE,
      });
      const nameless = batchOf([{ value: 'nameless' }], { attributes: 0b10000, producerId, epoch, sequence: 1 });
      expect(await produce(client, { topic, batch: nameless })).toMatchObject({
        errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      });
      const marker = batchOf([{ value: 'forged' }], { attributes: 0b110000, producerId, epoch, sequence: 1 });
      const { transactionalId } = producer;
      expect(await produce(client, { topic, batch: marker, transactionalId })).toMatchObject({
        errorCode: ErrorCode.INVALID_RECORD,
      });
      expect(await producer.end(true)).toBe(ErrorCode.NONE);
    });

    test('give a producer that says who it was its next epoch, and again when it missed the answer (KIP-360)', async () => {
      const producer = await producerOf();
      await producer.init();
      const { transactionalId, producerId, epoch } = producer;
      const again = (fields: Fields, version = 4) => {
        const request = { transactionalId, transactionTimeoutMs: 60_000, ...fields };
        return settled(() => producer.client.ask('InitProducerId', version, request), 'errorCode');
      };
      const next = { errorCode: 0, producerId, producerEpoch: epoch + 1 };
      expect(await again({ producerId, producerEpoch: epoch })).toMatchObject(next);
      expect(await again({ producerId, producerEpoch: epoch })).toMatchObject(next);
      expect(await again({})).toMatchObject({ errorCode: 0, producerId, producerEpoch: epoch + 2 });
      expect(await again({ producerId, producerEpoch: epoch })).toMatchObject({ errorCode: ErrorCode.PRODUCER_FENCED });
      expect(await again({ producerId, producerEpoch: epoch }, 3)).toMatchObject({
        errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
      });
      expect(await again({ producerId: producerId + 1_000_000, producerEpoch: 0 })).toMatchObject({
        errorCode: ErrorCode.PRODUCER_FENCED,
      });
      expect(await again({ producerId })).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST });
    });

    test('commit offsets of a group with their records', async () => {
      const topic = await harness().topic();
      const groupId = harness().unique('group');
      const reader = await harness().protocol();
      await coordinated(reader, 0, groupId);
      const committed = async (requireStable: boolean) => {
        const groups = [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }];
        const answer = await settled(
          () => reader.ask('OffsetFetch', 8, { groups, requireStable }),
          'groups',
          0,
          'errorCode',
        );
        const partition = at(answer, 'groups', 0, 'topics', 0, 'partitions', 0);
        return { offset: at(partition, 'committedOffset'), error: at(partition, 'errorCode') };
      };
      const producer = await producerOf();
      await producer.init();
      expect(await committed(true)).toEqual({ offset: -1, error: 0 });
      expect(await producer.commitOffset(groupId, topic, 7)).toBe(ErrorCode.INVALID_TXN_STATE);

      expect(await producer.addGroup(groupId)).toBe(ErrorCode.NONE);
      expect(await producer.commitOffset(groupId, topic, 7)).toBe(ErrorCode.NONE);
      expect(await committed(false)).toEqual({ offset: -1, error: 0 });
      expect(await committed(true)).toEqual({ offset: -1, error: ErrorCode.UNSTABLE_OFFSET_COMMIT });
      expect(await producer.end(true)).toBe(ErrorCode.NONE);
      await eventually('the offset', async () => (await committed(true)).offset === 7);

      expect(await producer.addGroup(groupId)).toBe(ErrorCode.NONE);
      expect(await producer.commitOffset(groupId, topic, 9)).toBe(ErrorCode.NONE);
      expect(await committed(false)).toEqual({ offset: 7, error: 0 });
      expect(await producer.end(false)).toBe(ErrorCode.NONE);
      await eventually('the offset as it was', async () => {
        const { offset, error } = await committed(true);
        return offset === 7 && error === 0;
      });
    });

    test('commit offsets for members of the group alone, when the producer says who it is', async () => {
      const topic = await harness().topic();
      const groupId = harness().unique('group');
      const producer = await producerOf();
      await coordinated(producer.client, 0, groupId);
      await producer.init();
      expect(await producer.addGroup(groupId)).toBe(ErrorCode.NONE);
      const commit = (member: Fields) => producer.commitOffset(groupId, topic, 1, member);
      expect(await commit({ generationId: 1, memberId: 'm' }), 'of no group').toBe(ErrorCode.ILLEGAL_GENERATION);
      expect(await commit({}), 'makes the group').toBe(ErrorCode.NONE);
      expect(await commit({ generationId: 1, memberId: 'm' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      expect(await commit({ generationId: -1, memberId: 'm' })).toBe(ErrorCode.NONE);
      expect(await producer.commitOffset(groupId, `${topic}-unknown`, 1)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await producer.end(false)).toBe(ErrorCode.NONE);
    });

    test('of kafkajs move records and offsets together', async () => {
      const [source, sink] = [await harness().topic(), await harness().topic()];
      const groupId = harness().unique('group');
      const producer = await harness().producer({
        transactionalId: harness().unique('transaction'),
        idempotent: true,
        maxInFlightRequests: 1,
      });
      const admin = await harness().admin();
      const offsets = (offset: string) => ({
        consumerGroupId: groupId,
        topics: [{ topic: source, partitions: [{ partition: 0, offset }] }],
      });
      const aborted = await producer.transaction();
      await aborted.send({ topic: sink, messages: [{ value: 'aborted' }] });
      await aborted.sendOffsets(offsets('3'));
      await aborted.abort();
      const done = await producer.transaction();
      await done.send({ topic: sink, messages: [{ value: 'committed' }] });
      await done.sendOffsets(offsets('5'));
      await done.commit();
      await eventually('the offset', async () => {
        const [entry] = await admin.fetchOffsets({ groupId, topics: [source] });
        return entry?.partitions[0]?.offset === '5';
      });
      const { until } = await harness().collector(sink);
      expect((await until(1)).map(({ value }) => value)).toEqual(['committed']);
    });
  });

  /** Waits until everything before `offset` is decided. */
  async function stable(reader: WireProducer['client'], topic: string, offset: number, withinMs?: number) {
    const look = async () => at(await fetchPartition(reader, { topic }), 'lastStableOffset') === offset;
    await eventually(`the last stable offset ${offset}`, look, withinMs);
  }
}

/** The batches that a partition was answered with: a marker by what it says. */
function batchesIn(answer: Fields): { offset: number; control: boolean; values: string[] }[] {
  const records = at(answer, 'records');
  if (!Buffer.isBuffer(records)) return [];
  const batches = [];
  for (let from = 0; from < records.length; from += batchBytes(records, from)) {
    const control = batchIsControl(records, from);
    const values = [...recordsOf(records, from)].map(({ key, raw }) => {
      if (control) return key?.readInt16BE(2) === 1 ? 'commit' : 'abort';
      return raw.subarray(raw.length - 1 - lengthOfValue(raw), raw.length - 1).toString();
    });
    batches.push({ offset: batchBaseOffset(records, from), control, values });
  }
  return batches;
}

/** Of a record with a short value, no key and no headers: length, attributes, two deltas, no key, then the value. */
function lengthOfValue(raw: Buffer): number {
  return raw.length - 7;
}
