import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markerBatch } from '../../../brokers/kafka/marker.ts';
import type { OutRecord } from '../../../contracts/kafka-records.ts';
import { recordsIn } from '../../../transport/kafka/fetched-records.ts';
import { RecordBatchBuilder } from '../../../transport/kafka/record-batch.ts';

const FROM = { topic: 'signals', partition: 2, offset: 0 };
const HEADER_BYTES = 61;

/** A batch as the log keeps it. */
function batchAt(baseOffset: number, records: readonly Omit<OutRecord, 'topic'>[]): Buffer {
  const builder = new RecordBatchBuilder();
  for (const record of records) builder.append({ topic: 'signals', ...record });
  const batch = Buffer.from(builder.finish());
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
  return batch;
}

function ofProducer(batch: Buffer, producerId: bigint): Buffer {
  batch.writeInt16BE(0b010000, 21);
  batch.writeBigInt64BE(producerId, 43);
  return batch;
}

function markerAt(offset: number, producerId: number, committed: boolean): Buffer {
  const marker = markerBatch({ producerId, epoch: 0, committed }, 1_000);
  marker.writeBigInt64BE(BigInt(offset), 0);
  return marker;
}

const plain = (value: string) => ({ key: 'k', value, timestamp: 1_000 });
const valuesOf = ({ records }: Awaited<ReturnType<typeof recordsIn>>) => records.map(({ value }) => String(value));

test('gives back what was written, whatever it was', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 200 });
  const record = fc.record({
    key: fc.option(text),
    value: fc.option(text),
    timestamp: fc.nat(2 ** 45),
    headers: fc.dictionary(text, text, { maxKeys: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(record, { minLength: 1, maxLength: 5 }), { maxLength: 4 }), async (batches) => {
      let end = 7;
      const bytes = batches.map((records) => {
        const batch = batchAt(end, records);
        end += records.length;
        return batch;
      });
      const read = await recordsIn(Buffer.concat(bytes), { ...FROM, offset: 7 }, []);
      expect(read.nextOffset).toBe(end);
      const buffers = (headers: Readonly<Record<string, string>>) =>
        Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString()]);
      expect(read.records.map((seen) => ({ ...seen, value: seen.value && String(seen.value) }))).toEqual(
        batches.flat().map(({ key, value, timestamp }, i) => ({
          topic: 'signals',
          partition: 2,
          offset: 7 + i,
          timestamp,
          key: key === null ? null : Buffer.from(key).toString(),
          value: value === null ? null : Buffer.from(value).toString(),
          headers: expect.anything(),
        })),
      );
      expect(
        read.records.map(({ headers }) => Object.entries(headers).map(([name, value]) => [name, String(value)])),
      ).toEqual(batches.flat().map(({ headers }) => buffers(headers)));
    }),
    { numRuns: 200 },
  );
});

test('a header that is repeated has all its values, and no name is taken for what every object has', async () => {
  const batch = batchAt(0, [{ ...plain('a'), headers: { xx: '1', xy: '2', constructor: '3' } }]);
  // The builder takes each name once: the second becomes the first.
  batch.write('xx', batch.indexOf('xy'));
  const { records } = await recordsIn(batch, FROM, []);
  expect(records[0]?.headers).toEqual({ xx: ['1', '2'], constructor: '3' });
});

test('a header that is no text keeps its bytes, also after one of the same length', async () => {
  const of = (value: string) => ({ ...plain('a'), headers: { bridge: value } });
  const batch = batchAt(0, [of('xy'), of('xy'), of('xz'), of('!!'), of('é')]);
  batch.write('\x80\xff', batch.indexOf('!!'), 'latin1');
  const { records } = await recordsIn(batch, FROM, []);
  const values = records.map(({ headers }) => headers['bridge']);
  expect(values).toEqual(['xy', 'xy', 'xz', Buffer.from([0x80, 0xff]), Buffer.from('é')]);
});

test('begins within a batch, and leaves what is cut off to the next fetch', async () => {
  const whole = batchAt(10, ['a', 'b', 'c'].map(plain));
  const cut = batchAt(13, ['d'].map(plain)).subarray(0, -1);
  const read = await recordsIn(Buffer.concat([whole, cut]), { ...FROM, offset: 11 }, []);
  expect(valuesOf(read)).toEqual(['b', 'c']);
  expect(read.nextOffset).toBe(13);
  expect(await recordsIn(cut, { ...FROM, offset: 13 }, [])).toEqual({ records: [], nextOffset: 13 });
  expect(await recordsIn(Buffer.alloc(0), { ...FROM, offset: 13 }, [])).toEqual({ records: [], nextOffset: 13 });
});

test('leaves out markers, and of aborted transactions everything', async () => {
  const bytes = Buffer.concat([
    ofProducer(batchAt(0, [plain('aborted')]), 5n),
    ofProducer(batchAt(1, [plain('committed')]), 6n),
    batchAt(2, [plain('of nobody')]),
    markerAt(3, 5, false),
    ofProducer(batchAt(4, [plain('committed later')]), 5n),
    markerAt(5, 6, true),
    markerAt(6, 5, true),
  ]);
  const read = await recordsIn(bytes, FROM, [{ producerId: 5n, firstOffset: 0 }]);
  expect(valuesOf(read)).toEqual(['committed', 'of nobody', 'committed later']);
  expect(read.nextOffset).toBe(7);
});

test('opens what was compressed with gzip', async () => {
  const batch = batchAt(0, ['a', 'b'].map(plain));
  const compressed = Buffer.concat([batch.subarray(0, HEADER_BYTES), gzipSync(batch.subarray(HEADER_BYTES))]);
  compressed.writeInt32BE(compressed.length - 12, 8);
  compressed.writeInt16BE(1, 21);
  expect(valuesOf(await recordsIn(Buffer.concat([compressed, batchAt(2, [plain('c')])]), FROM, []))).toEqual([
    'a',
    'b',
    'c',
  ]);
});

test('where the log stamps records, all of a batch have its time', async () => {
  const batch = batchAt(0, [
    { ...plain('a'), timestamp: 5 },
    { ...plain('b'), timestamp: 900 },
  ]);
  batch.writeInt16BE(0b001000, 21);
  batch.writeBigInt64BE(777_777_777_777n, 35);
  const { records } = await recordsIn(batch, FROM, []);
  expect(records.map(({ timestamp, value }) => [timestamp, String(value)])).toEqual([
    [777_777_777_777, 'a'],
    [777_777_777_777, 'b'],
  ]);
});
