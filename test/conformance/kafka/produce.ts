import { describe, expect, test } from 'vitest';
import { crc32c } from '../../../brokers/kafka/codec/crc32c.ts';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import { type BatchFields, batchOf, type TestRecord } from '../../brokers/kafka/wire.ts';
import type { Harness } from './harness.ts';
import { fetchPartition, produce, WireProducer } from './protocol/asking.ts';
import { at, type Fields, listAt, textAt } from './protocol/values.ts';

export function produceTests(harness: () => Harness): void {
  const now = () => Date.now();
  const sending = async (settings: Record<string, string> = {}) => {
    const topic = await harness().topic(1, settings);
    const client = await harness().protocol();
    const send = (batch: Buffer, wanted: { acks?: number; version?: number } = {}) =>
      produce(client, { topic, batch, ...wanted });
    const put = (records: readonly TestRecord[], fields: BatchFields = {}) =>
      send(batchOf(records, { timestamp: now(), ...fields }));
    return { topic, client, send, put };
  };

  describe('a produce request', () => {
    test('is answered with the offset, in every version', async () => {
      const { topic, send } = await sending();
      for (let version = 3; version <= 9; version++) {
        const answer = await send(batchOf([{ value: 'a' }, { value: 'b' }], { timestamp: now() }), { version });
        expect(answer, `version ${version}`).toMatchObject({
          index: 0,
          errorCode: 0,
          baseOffset: 2 * (version - 3),
          logAppendTimeMs: -1,
          ...(version >= 5 && { logStartOffset: 0 }),
          ...(version >= 8 && { recordErrors: [], errorMessage: null }),
        });
      }
      const client = await harness().protocol();
      expect(at(await fetchPartition(client, { topic }), 'highWatermark')).toBe(14);
    });

    test('for what is not there, or with acks that do not exist, is refused', async () => {
      const { topic, client, send } = await sending();
      const batch = batchOf([{ value: 'x' }], { timestamp: now() });
      const unknown = { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, baseOffset: -1 };
      expect(await produce(client, { topic: `${topic}-unknown`, batch })).toMatchObject(unknown);
      expect(await produce(client, { topic, batch, partition: 1 })).toMatchObject(unknown);
      expect(await produce(client, { topic, batch, partition: -1 })).toMatchObject(unknown);
      for (const acks of [2, -2]) {
        expect(await send(batch, { acks })).toMatchObject({ errorCode: ErrorCode.INVALID_REQUIRED_ACKS });
      }
    });

    test('with a batch that is damaged, too large, or no batch, is refused', async () => {
      const { send } = await sending({ 'max.message.bytes': '2000' });
      const batch = batchOf([{ value: 'x' }], { timestamp: now() });
      const changed = (at: number, value: number) => {
        const bytes = Buffer.from(batch);
        bytes.writeUInt8(value, at);
        return bytes;
      };
      expect(await send(changed(batch.length - 2, 1)), 'the CRC').toMatchObject({
        errorCode: ErrorCode.CORRUPT_MESSAGE,
      });
      expect(await send(changed(16, 1)), 'the magic').toMatchObject({ errorCode: ErrorCode.INVALID_RECORD });
      expect(await send(Buffer.concat([batch, batch])), 'two').toMatchObject({ errorCode: ErrorCode.INVALID_RECORD });
      expect(await send(Buffer.alloc(0)), 'nothing').toMatchObject({ errorCode: ErrorCode.INVALID_RECORD });
      expect(await send(batch.subarray(0, 30)), 'half a header').toMatchObject({ errorCode: ErrorCode.INVALID_RECORD });
      const withLength = (length: number) => {
        const bytes = Buffer.from(batch);
        bytes.writeInt32BE(length, 8);
        return bytes;
      };
      const tooLong = await send(withLength(batch.length - 11));
      expect(tooLong, 'the end is missing').toMatchObject({ errorCode: ErrorCode.INVALID_RECORD });
      for (const length of [10, -5]) {
        expect(await send(withLength(length))).toMatchObject({ errorCode: ErrorCode.CORRUPT_MESSAGE });
      }
      const large = batchOf([{ value: 'x'.repeat(2000) }], { timestamp: now() });
      expect(await send(large)).toMatchObject({
        errorCode: ErrorCode.MESSAGE_TOO_LARGE,
        recordErrors: [],
        errorMessage: null,
      });
      expect(await send(batch)).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 0 });
    });

    test('whose numbers contradict each other is refused', async () => {
      const { send } = await sending();
      const sealed = (change: (batch: Buffer) => void) => {
        const batch = batchOf([{ value: 'a' }, { value: 'b' }], { timestamp: now() });
        change(batch);
        batch.writeUInt32BE(crc32c(batch, 21), 17);
        return batch;
      };
      const refused = { errorCode: ErrorCode.INVALID_RECORD, baseOffset: -1 };
      const count = sealed((batch) => batch.writeInt32BE(1, 57));
      expect(await send(count), 'fewer records than offsets').toMatchObject(refused);
      const none = sealed((batch) => {
        batch.writeInt32BE(-1, 23);
        batch.writeInt32BE(0, 57);
      });
      expect(await send(none), 'no records').toMatchObject(refused);
      const offset = sealed((batch) => batch.writeBigInt64BE(5n, 0));
      expect(await send(offset), "offsets are the broker's to give").toMatchObject(refused);
      const marker = sealed((batch) => batch.writeInt16BE(0b100000, 21));
      expect(await send(marker), 'and markers to write').toMatchObject(refused);
      const stamp = sealed((batch) => {
        batch.writeBigInt64BE(7n, 43);
        batch.writeInt16BE(0, 51);
      });
      expect(await send(stamp), 'a producer without a sequence').toMatchObject(refused);
      const future = sealed((batch) => {
        batch.writeBigInt64BE(2n ** 62n + 1n, 27);
        batch.writeBigInt64BE(2n ** 62n + 1n, 35);
      });
      expect(await send(future)).toMatchObject({ errorCode: ErrorCode.INVALID_TIMESTAMP, baseOffset: -1 });
    });

    test('without a key is refused where the topic is compacted, and says which records are to blame', async () => {
      const { put } = await sending({ 'cleanup.policy': 'compact' });
      expect(await put([{ key: null }])).toMatchObject({ errorCode: ErrorCode.INVALID_RECORD, baseOffset: -1 });
      const refused = await put([{ key: 'k' }, { key: null }, { key: 'k' }, { key: null }]);
      expect(listAt(refused, 'recordErrors').map((record) => at(record, 'batchIndex'))).toEqual([1, 3]);
      expect(textAt(refused, 'errorMessage')).not.toBe('');
      expect(await put([{ key: 'k' }])).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 0 });
    });

    test('wants no more copies than a topic has, whatever min.insync.replicas says', async () => {
      const { send } = await sending({ 'min.insync.replicas': '2' });
      const batch = batchOf([{ value: 'x' }], { timestamp: now() });
      expect(await send(batch)).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 0 });
    });

    test('is stamped with the time of its append where the topic says so', async () => {
      const { topic, client, put } = await sending({ 'message.timestamp.type': 'LogAppendTime' });
      const before = now() - 1000;
      const answer = await put([
        { value: 'a', timestamp: 1 },
        { value: 'b', timestamp: 2 },
      ]);
      expect(answer).toMatchObject({ errorCode: 0, baseOffset: 0 });
      const stamped = Number(at(answer, 'logAppendTimeMs'));
      expect(stamped).toBeGreaterThan(before);
      const records = at(await fetchPartition(client, { topic }), 'records');
      if (!Buffer.isBuffer(records)) throw new Error('no records');
      expect(records.readInt16BE(21) & 0b1000).toBe(0b1000);
      expect(Number(records.readBigInt64BE(35))).toBe(stamped);
      const offsetAt = async (timestamp: number) => {
        const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }];
        return at(await client.ask('ListOffsets', 7, { replicaId: -1, topics }), 'topics', 0, 'partitions', 0);
      };
      expect(await offsetAt(3)).toMatchObject({ offset: 0, timestamp: stamped });
      expect(await offsetAt(stamped + 1)).toMatchObject({ offset: -1, timestamp: -1 });
    });
  });

  describe('an idempotent producer', () => {
    const idempotent = async () => {
      const { topic, client, put } = await sending();
      const producer = new WireProducer(client, null);
      expect(await producer.init()).toBe(ErrorCode.NONE);
      expect(producer.epoch).toBe(0);
      const send = (sequence: number, fields: BatchFields = {}, count = 1): Promise<Fields> => {
        const { producerId, epoch } = producer;
        const records = Array.from({ length: count }, (_, i) => ({ value: `${sequence + i}` }));
        return put(records, { producerId, epoch, sequence, ...fields });
      };
      return { topic, client, producer, send };
    };
    const taken = (baseOffset: number) => ({ errorCode: ErrorCode.NONE, baseOffset });

    test('is told the same again for a batch that it repeats, while that is one of its last five', async () => {
      const { send } = await idempotent();
      for (let i = 0; i < 5; i++) expect(await send(2 * i, {}, 2)).toMatchObject(taken(2 * i));
      for (let i = 0; i < 5; i++) expect(await send(2 * i, {}, 2), `batch ${i}`).toMatchObject(taken(2 * i));
      expect(await send(10)).toMatchObject(taken(10));
      expect(await send(2, {}, 2)).toMatchObject(taken(2));
      expect(await send(11)).toMatchObject(taken(11));
      expect((await send(0, {}, 2))['errorCode']).not.toBe(ErrorCode.NONE);
    });

    test('may leave no gap and go not back', async () => {
      const { send } = await idempotent();
      const outOfOrder = { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 };
      expect(await send(0, {}, 3)).toMatchObject(taken(0));
      expect(await send(4)).toMatchObject(outOfOrder);
      expect(await send(1)).toMatchObject(outOfOrder);
      expect(await send(3)).toMatchObject(taken(3));
    });

    test('begins anew with a later epoch, which ends the earlier ones', async () => {
      const { send } = await idempotent();
      expect(await send(0)).toMatchObject(taken(0));
      expect(await send(1, { epoch: 1 })).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
      expect(await send(0, { epoch: 1 })).toMatchObject(taken(1));
      expect(await send(1)).toMatchObject({ errorCode: ErrorCode.INVALID_PRODUCER_EPOCH });
      expect(await send(1, { epoch: 1 })).toMatchObject(taken(2));
    });

    test('counts on from the end of INT32 at zero', async () => {
      const { send } = await idempotent();
      expect(await send(0x7fff_fffe, {}, 2), 'one that nobody knows begins anywhere').toMatchObject(taken(0));
      expect(await send(0)).toMatchObject(taken(2));
    });
  });
}
