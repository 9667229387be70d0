import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchBaseOffset, batchBytes, batchLastOffset } from '../../../brokers/kafka/batch.ts';
import { crc32c } from '../../../brokers/kafka/codec/crc32c.ts';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import { PartitionLog } from '../../../brokers/kafka/log.ts';
import { recordsOf } from '../../../brokers/kafka/records.ts';
import { TopicConfig } from '../../../brokers/kafka/topic-config.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type BatchFields, batchOf, type TestRecord } from './wire.ts';

const KIB = 1024;

function logWith(settings: Record<string, string> = {}) {
  const clock = new ManualClock();
  const defaults = { retentionBytes: 64 * KIB * KIB, maxMessageBytes: 1_048_588 };
  const config = new TopicConfig(new Map(Object.entries(settings)), defaults);
  const log = new PartitionLog(clock, () => config);
  const put = (records: TestRecord[], fields?: BatchFields) => log.append(batchOf(records, fields));
  const fill = (bytes: number) => put([{ value: 'x'.repeat(bytes - 75) }]);
  return { log, clock, put, fill };
}

/** Every batch that a log holds, as offsets. */
function batches(slices: readonly Buffer[]) {
  const seen: { base: number; last: number; bytes: Buffer }[] = [];
  for (const slice of slices) {
    for (let at = 0; at < slice.length; at += batchBytes(slice, at)) {
      const bytes = slice.subarray(at, at + batchBytes(slice, at));
      seen.push({ base: batchBaseOffset(slice, at), last: batchLastOffset(slice, at), bytes });
    }
  }
  return seen;
}

function contents(log: PartitionLog) {
  const all = batches(log.read(log.startOffset, Number.MAX_SAFE_INTEGER, true));
  return all.flatMap(({ bytes }) => {
    expect(bytes.readUInt32BE(17)).toBe(crc32c(bytes, 21));
    return [...recordsOf(bytes, 0)].map(({ offset, key, hasValue }) => ({ offset, key: String(key), hasValue }));
  });
}

describe('a partition', () => {
  test('gives back from any offset, in whole batches, what was appended', () => {
    const sizes = fc.array(
      fc.record({ records: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 0, max: 9000 }) }),
    );
    fc.assert(
      fc.property(sizes, fc.nat(), fc.integer({ min: 1, max: 60_000 }), (appends, pick, maxBytes) => {
        const { log, put } = logWith();
        const expected = appends.map(({ records, bytes }) => {
          const base = log.endOffset;
          expect(put(Array.from({ length: records }, () => ({ value: 'x'.repeat(bytes) }))).baseOffset).toBe(base);
          return { base, last: base + records - 1 };
        });
        const from = pick % (log.endOffset + 1);
        const wanted = expected.filter((batch) => batch.last >= from);
        const got = batches(log.read(from, maxBytes, true)).map(({ base, last }) => ({ base, last }));
        expect(got).toEqual(wanted.slice(0, got.length));
        if (wanted.length > 0) expect(got.length).toBeGreaterThan(0);

        const sum = (slices: Buffer[]) => slices.reduce((bytes, slice) => bytes + slice.length, 0);
        const strict = sum(log.read(from, maxBytes, false));
        const next = batches(log.read(from, Number.MAX_SAFE_INTEGER, false)).map(({ bytes }) => bytes.length);
        expect(strict).toBeLessThanOrEqual(maxBytes);
        let fitting = 0;
        for (const bytes of next) {
          if (fitting + bytes > maxBytes) break;
          fitting += bytes;
        }
        expect(strict).toBe(fitting);
      }),
      { numRuns: 60 },
    );
  });

  test('patches nothing of a batch but base offset and leader epoch', () => {
    const { log, put } = logWith();
    put([{ value: 'first' }]);
    const sent = batchOf([{ key: 'k', value: 'v' }], { timestamp: 5 });
    log.append(sent);
    const [stored] = batches(log.read(1, 10_000, true));
    expect(stored?.base).toBe(1);
    expect(stored?.bytes.readInt32BE(12)).toBe(0);
    expect(stored?.bytes.subarray(8, 12)).toEqual(sent.subarray(8, 12));
    expect(stored?.bytes.subarray(16)).toEqual(sent.subarray(16));
  });

  test('refuses what is no batch', () => {
    const { log } = logWith({ 'max.message.bytes': '2000' });
    const good = batchOf([{ value: 'x' }, { value: 'y' }]);
    const changed = (at: number, value: number) => {
      const bytes = Buffer.from(good);
      bytes[at] = value;
      return log.append(bytes).error;
    };
    expect(changed(70, 0x55)).toBe(ErrorCode.CORRUPT_MESSAGE);
    expect(changed(16, 1)).toBe(ErrorCode.INVALID_RECORD);
    expect(changed(11, 255)).toBe(ErrorCode.INVALID_RECORD);
    expect(log.append(good.subarray(0, 40)).error).toBe(ErrorCode.INVALID_RECORD);
    expect(log.append(good.subarray(0, good.length - 1)).error).toBe(ErrorCode.INVALID_RECORD);
    expect(log.append(Buffer.concat([good, good])).error).toBe(ErrorCode.INVALID_RECORD);
    expect(log.append(Buffer.alloc(0)).error).toBe(ErrorCode.INVALID_RECORD);
    expect(log.append(batchOf([{ value: 'x'.repeat(2000) }])).error).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    expect(log.append(batchOf([{}], { attributes: 0b100000 })).error).toBe(ErrorCode.INVALID_RECORD);
    expect(log.endOffset).toBe(0);
    expect(log.append(good)).toMatchObject({ error: ErrorCode.NONE, baseOffset: 0 });
  });

  test('refuses numbers that would be rounded', () => {
    const { log } = logWith();
    const stamp = { epoch: 0, sequence: 0 };
    for (const timestamp of [2 ** 53, -(2 ** 53), 2 ** 62]) {
      expect(log.append(batchOf([{ timestamp }])).error).toBe(ErrorCode.INVALID_TIMESTAMP);
    }
    expect(log.append(batchOf([{}], { producerId: 2 ** 53, ...stamp })).error).toBe(ErrorCode.UNKNOWN_PRODUCER_ID);
    expect(log.append(batchOf([{}], { producerId: 2 ** 53 - 1, ...stamp })).error).toBe(ErrorCode.NONE);
  });

  test('tells the newest record of those that are left', () => {
    const { log } = logWith();
    log.append(batchOf([300, 200].map((timestamp) => ({ timestamp }))));
    log.append(batchOf([{ timestamp: 100 }]));
    expect(log.newestTimestamp).toBe(300);
    log.deleteBefore(1);
    expect(log.newestTimestamp).toBe(200);
    log.deleteBefore(2);
    expect(log.newestTimestamp).toBe(100);
    log.deleteBefore(3);
    expect(log.newestTimestamp).toBe(-1);
  });

  test('recognises repeated and misnumbered batches of an idempotent producer', () => {
    const { log, put } = logWith();
    const numbered = (sequence: number, epoch = 0) => put([{}, {}], { producerId: 7, epoch, sequence });
    expect(numbered(0).baseOffset).toBe(0);
    expect(numbered(2).baseOffset).toBe(2);
    expect(numbered(0), 'repeated').toMatchObject({ error: ErrorCode.NONE, baseOffset: 0 });
    expect(numbered(2), 'repeated').toMatchObject({ error: ErrorCode.NONE, baseOffset: 2 });
    expect(numbered(6).error, 'a gap').toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(numbered(4).baseOffset).toBe(4);
    expect(numbered(0, 1).baseOffset, 'a new epoch starts over').toBe(6);
    expect(numbered(6, 0).error, 'the old one is over').toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    expect(log.endOffset).toBe(8);
    const wrapping = 0x7fffffff;
    expect(put([{}, {}], { producerId: 8, epoch: 0, sequence: wrapping }).error).toBe(ErrorCode.NONE);
    expect(put([{}], { producerId: 8, epoch: 0, sequence: 1 }).error).toBe(ErrorCode.NONE);
  });

  test('finds the first record that is not older than a time', () => {
    const { log, put } = logWith();
    put([10, 20, 30].map((timestamp) => ({ timestamp })));
    put([25, 50].map((timestamp) => ({ timestamp })));
    expect(log.offsetAt(0)).toMatchObject({ offset: 0, timestamp: 10 });
    expect(log.offsetAt(11)).toMatchObject({ offset: 1, timestamp: 20 });
    expect(log.offsetAt(31)).toMatchObject({ offset: 4, timestamp: 50 });
    expect(log.offsetAt(51)).toBeUndefined();
    log.deleteBefore(2);
    expect(log.offsetAt(0)).toMatchObject({ offset: 2, timestamp: 30 });
  });
});

describe('retention', () => {
  test('by bytes lets whole slabs go, and the start moves', () => {
    const { log, fill } = logWith({ 'retention.bytes': String(100 * KIB), 'segment.bytes': String(16 * KIB) });
    for (let i = 0; i < 500; i++) fill(KIB);
    expect(log.bytes).toBeGreaterThanOrEqual(100 * KIB);
    expect(log.bytes).toBeLessThanOrEqual(116 * KIB);
    expect(log.startOffset).toBeGreaterThan(350);
    expect(log.endOffset).toBe(500);
    expect(batches(log.read(log.startOffset, 1, true))[0]?.base).toBe(log.startOffset);
  });

  test('by time lets even the last slab go, without a timer', () => {
    const { log, clock, fill } = logWith({ 'retention.ms': '1000' });
    fill(KIB);
    clock.advance(600);
    fill(KIB);
    clock.advance(600);
    expect(log.startOffset).toBe(0);
    clock.advance(401);
    expect(log.startOffset).toBe(2);
    expect(log.bytes).toBe(0);
    expect(clock.pending()).toEqual([]);
    expect(fill(KIB).baseOffset).toBe(2);
  });

  test('leaves compacted topics alone', () => {
    const { log, clock, put } = logWith({
      'cleanup.policy': 'compact',
      'retention.ms': '1000',
      'retention.bytes': '1',
    });
    put([{ key: 'a' }]);
    clock.advance(5000);
    put([{ key: 'b' }]);
    expect(log.startOffset).toBe(0);
  });
});

describe('compaction', () => {
  test('keeps the last record of every key, with its offset', async () => {
    const { log, put } = logWith({ 'cleanup.policy': 'compact', 'segment.bytes': String(8 * KIB) });
    const last = new Map([['rare', 0]]);
    put([{ key: 'rare', value: 'kept where it is' }]);
    for (let i = 0; i < 3000; i++) {
      const keys = [`key${i % 10}`, `key${(i * 7) % 13}`];
      const { baseOffset } = put(keys.map((key) => ({ key, value: `value ${i}` })));
      keys.forEach((key, j) => {
        last.set(key, baseOffset + j);
      });
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually('a compacted log', () => log.bytes < 30 * KIB);
    const records = contents(log);
    expect(log.endOffset).toBe(6001);
    for (const [key, offset] of last) expect(records).toContainEqual({ offset, key, hasValue: true });
    expect(records.map(({ offset }) => offset)).toEqual(records.map(({ offset }) => offset).sort((a, b) => a - b));
    // A reader that stands in a gap goes on behind it.
    const [rare, next] = records;
    expect(rare).toEqual({ offset: 0, key: 'rare', hasValue: true });
    expect(next?.offset).toBeGreaterThan(100);
    const [first] = batches(log.read(1, 1, true));
    expect(first?.base).toBeLessThanOrEqual(next?.offset ?? -1);
    expect(first?.last).toBeGreaterThanOrEqual(next?.offset ?? -1);
  });

  test('lets tombstones go after their time, and not before', async () => {
    const settings = { 'cleanup.policy': 'compact', 'segment.bytes': String(4 * KIB), 'delete.retention.ms': '1000' };
    const { log, clock, put } = logWith(settings);
    const churn = async (word: string) => {
      for (let i = 0; i < 200; i++) put([{ key: 'churn', value: `${word}${'x'.repeat(100)}` }]);
      await eventually('a compacted log', () => log.bytes < 16 * KIB);
    };
    put([{ key: 'gone', value: 'v' }]);
    put([{ key: 'gone', value: null }]);
    await churn('a');
    const gone = () => contents(log).filter(({ key }) => key === 'gone');
    expect(gone()).toEqual([{ offset: 1, key: 'gone', hasValue: false }]);
    clock.advance(5000);
    await churn('b');
    await churn('c');
    expect(gone()).toEqual([]);
  });

  test('comes to rest when nothing new is written', async () => {
    const { log, put } = logWith({ 'cleanup.policy': 'compact', 'segment.bytes': String(4 * KIB) });
    for (let i = 0; i < 500; i++) put([{ key: `key${i % 5}`, value: 'x'.repeat(100) }]);
    await eventually('a compacted log', () => log.bytes < 8 * KIB);
    const slab = log.read(0, 1, true)[0]?.buffer;
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(log.read(0, 1, true)[0]?.buffer).toBe(slab);
  });

  test('takes no record without a key', () => {
    const { put } = logWith({ 'cleanup.policy': 'compact' });
    expect(put([{ key: 'a' }, { key: null }]).error).toBe(ErrorCode.INVALID_RECORD);
    expect(put([{ key: 'a' }, { key: '' }]).error).toBe(ErrorCode.NONE);
  });
});

describe('transactions', () => {
  const TRANSACTIONAL = 0b10000;
  const producer = (producerId: number) => ({ producerId, epoch: 0, attributes: TRANSACTIONAL });

  test('hold the last stable offset at the oldest that is open, however they overlap', () => {
    const step = fc.record({ producerId: fc.nat(3), ends: fc.boolean(), committed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { log, put } = logWith();
        const open = new Map<number, { first: number; sequence: number }>();
        const sequences = new Map<number, number>();
        const aborted: { producerId: number; firstOffset: number; lastOffset: number }[] = [];
        let stable = 0;
        log.watch((_bytes, stableBytes) => {
          stable += stableBytes;
        });
        for (const { producerId, ends, committed } of steps) {
          const begun = open.get(producerId);
          if (ends) {
            const lastOffset = log.endOffset;
            log.endTransaction({ producerId, epoch: 0, committed });
            if (begun && !committed) aborted.push({ producerId, firstOffset: begun.first, lastOffset });
            open.delete(producerId);
          } else {
            const sequence = sequences.get(producerId) ?? 0;
            sequences.set(producerId, sequence + 1);
            const { error, baseOffset } = put([{ value: 'x' }], { ...producer(producerId), sequence });
            expect(error).toBe(ErrorCode.NONE);
            if (!begun) open.set(producerId, { first: baseOffset, sequence });
          }
          const expected = Math.min(log.endOffset, ...[...open.values()].map(({ first }) => first));
          expect(log.stableOffset).toBe(expected);
          const readable = log.read(0, Number.MAX_SAFE_INTEGER, true, expected);
          expect(batches(readable).every(({ last }) => last < expected)).toBe(true);
          expect(stable, 'who waits is told of just what can be read').toBe(
            readable.reduce((sum, slice) => sum + slice.length, 0),
          );
        }
        const everything = log.read(0, Number.MAX_SAFE_INTEGER, true);
        expect(log.aborted(0, everything)).toEqual(aborted);
      }),
    );
  });

  test('list what was aborted only where something of it is read', () => {
    const { log, put } = logWith();
    for (let i = 0; i < 3; i++) {
      put([{ value: String(i) }], { ...producer(i), sequence: 0 });
      log.endTransaction({ producerId: i, epoch: 0, committed: i === 1 });
    }
    const listed = (offset: number, maxBytes = Number.MAX_SAFE_INTEGER) =>
      log.aborted(offset, log.read(offset, maxBytes, true)).map(({ producerId }) => producerId);
    expect(listed(0)).toEqual([0, 2]);
    expect(listed(0, 1)).toEqual([0]);
    expect(listed(1)).toEqual([0, 2]);
    expect(listed(2)).toEqual([2]);
    expect(log.aborted(log.endOffset, [])).toEqual([]);
  });

  test('that were aborted neither survive compaction nor hide what was there before', async () => {
    const { log, put } = logWith({ 'cleanup.policy': 'compact', 'segment.bytes': String(4 * KIB) });
    put([{ key: 'a', value: 'kept' }]);
    put([{ key: 'a', value: 'aborted' }], { ...producer(1), sequence: 0 });
    log.endTransaction({ producerId: 1, epoch: 0, committed: false });
    put([{ key: 'b', value: 'committed' }], { ...producer(1), sequence: 1 });
    log.endTransaction({ producerId: 1, epoch: 0, committed: true });
    for (let i = 0; i < 200; i++) put([{ key: 'churn', value: 'x'.repeat(100) }]);
    await eventually('a compacted log', () => log.bytes < 12 * KIB);
    const kept = contents(log).filter(({ key }) => key !== 'churn');
    expect(kept).toEqual([
      { offset: 0, key: 'a', hasValue: true },
      { offset: 3, key: 'b', hasValue: true },
    ]);
    expect(log.aborted(0, log.read(0, Number.MAX_SAFE_INTEGER, true))).toEqual([]);
  });

  test('that are open are not compacted', async () => {
    const { log, put } = logWith({ 'cleanup.policy': 'compact', 'segment.bytes': String(4 * KIB) });
    put([{ key: 'a', value: 'open' }], { ...producer(1), sequence: 0 });
    for (let i = 0; i < 200; i++) put([{ key: 'churn', value: 'x'.repeat(100) }]);
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(log.bytes).toBeGreaterThan(20 * KIB);
    log.endTransaction({ producerId: 1, epoch: 0, committed: true });
    for (let i = 0; i < 100; i++) put([{ key: 'churn', value: 'x'.repeat(100) }]);
    await eventually('a compacted log', () => log.bytes < 12 * KIB);
    expect(contents(log)[0]).toEqual({ offset: 0, key: 'a', hasValue: true });
  });

  test('begin a new count with a new epoch, and end the old one', () => {
    const { log, put } = logWith();
    const send = (epoch: number, sequence: number) => put([{ value: 'x' }], { ...producer(1), epoch, sequence }).error;
    expect(send(0, 0)).toBe(ErrorCode.NONE);
    log.endTransaction({ producerId: 1, epoch: 1, committed: false });
    expect(send(0, 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    expect(send(1, 1)).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(send(1, 0)).toBe(ErrorCode.NONE);
  });
});
