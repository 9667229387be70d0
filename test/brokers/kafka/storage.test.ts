import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../app/random.ts';
import { KafkaBroker, type KafkaBrokerOptions } from '../../../brokers/kafka/index.ts';
import { Flusher } from '../../../brokers/kafka/storage/flusher.ts';
import { Journal } from '../../../brokers/kafka/storage/journal.ts';
import { eventually } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Body, batchOf, fetchBody, incrementalBody, metadataBody, produceBody, readFetch, WireClient } from './wire.ts';

const [PRODUCE, FETCH, METADATA, OFFSET_COMMIT, OFFSET_FETCH, DELETE_TOPICS] = [0, 1, 3, 8, 9, 20];
const JOIN_GROUP = 11;
const [DELETE_RECORDS, INIT_PRODUCER_ID, ADD_PARTITIONS, END_TXN, INCREMENTAL_ALTER_CONFIGS] = [21, 22, 24, 26, 44];

const folders: string[] = [];
const brokers: KafkaBroker[] = [];
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'smokewire-data-'));
  folders.push(folder);
  return folder;
}

async function started(data: string, options: Partial<KafkaBrokerOptions> = {}) {
  const clock = new ManualClock();
  const logger = recordingLogger();
  const random = seededRandom(`storage ${brokers.length}`);
  const broker = new KafkaBroker({ clock, logger, random, data, defaultPartitions: 1, ...options });
  brokers.push(broker);
  await broker.start();
  const client = await WireClient.connect(broker.address);
  return { broker, clock, logger, client };
}

/** A broker that has what the last one left, which was stopped, or is taken for killed. */
async function restarted(last: { broker: KafkaBroker }, data: string, options: Partial<KafkaBrokerOptions> = {}) {
  await last.broker.stop();
  return started(data, options);
}

const create = (client: WireClient, topic: string) => client.ask(METADATA, 4, metadataBody(topic));

async function produce(client: WireClient, topic: string, ...values: string[]): Promise<void> {
  for (const value of values) {
    await client.ask(PRODUCE, 7, produceBody(topic, 0, batchOf([{ key: value.slice(0, 1), value }])));
  }
}

/** Everything in partition 0 from `offset` on, and where it ends. */
async function read(client: WireClient, topic: string, offset = 0) {
  const { error, end, records } = readFetch(
    await client.ask(FETCH, 11, fetchBody(topic, 0, offset, { maxBytes: 1 << 24 })),
  );
  return { error, end, text: records.toString('latin1') };
}

/** The segments of the only topic there is. */
function segments(data: string): string[] {
  const topics = join(data, 'topics');
  return readdirSync(topics).flatMap((id) => {
    const folder = join(topics, id, '0');
    return existsSync(folder)
      ? readdirSync(folder)
          .sort()
          .map((name) => join(folder, name))
      : [];
  });
}

describe('a broker that is started on the data of another one', () => {
  test('has its topics, with their ids and settings, and its records', async () => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    await first.client.ask(INCREMENTAL_ALTER_CONFIGS, 0, incrementalBody('t', 'retention.ms', 0, '12345'));
    await produce(first.client, 't', 'one', 'two');
    await create(first.client, 'gone');
    await first.client.ask(DELETE_TOPICS, 3, new Body().int32(1).string('gone').int32(1000).done());
    const before = await first.client.ask(METADATA, 4, new Body().int32(-1).int8(0).done());

    const second = await restarted(first, data);
    const describe = new Body().int32(1).int8(2).string('t').int32(1).string('retention.ms').int8(0).done();
    expect((await second.client.ask(32, 2, describe)).includes('12345')).toBe(true);
    const { end, text } = await read(second.client, 't');
    expect([end, text.includes('one'), text.includes('two')]).toEqual([2, true, true]);
    await produce(second.client, 't', 'three');
    expect((await read(second.client, 't')).end).toBe(3);
    const after = await second.client.ask(METADATA, 4, new Body().int32(-1).int8(0).done());
    expect(withoutPort(after), 'cluster id and topics').toEqual(withoutPort(before));
  });

  test('has what groups have committed', async () => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    const commit = (offset: number, note: string) =>
      new Body()
        .string('g')
        .int32(-1)
        .string('')
        .string(null)
        .int32(1)
        .string('t')
        .int32(1)
        .int32(0)
        .int64(offset)
        .int32(-1)
        .string(note)
        .done();
    await first.client.ask(OFFSET_COMMIT, 7, commit(5, 'before'));
    await first.client.ask(OFFSET_COMMIT, 7, commit(7, 'now'));
    const fetched = new Body().string('g').int32(1).string('t').int32(1).int32(0).done();
    const before = await first.client.ask(OFFSET_FETCH, 5, fetched);
    expect(before.includes('now')).toBe(true);
    const second = await restarted(first, data);
    expect(await second.client.ask(OFFSET_FETCH, 5, fetched)).toEqual(before);
  });

  test('counts the generations of a group on', async () => {
    const data = newFolder();
    const first = await started(data);
    const join = new Body().string('g').int32(10_000).string('').string('consumer').int32(1).string('range');
    const body = join.bytes(Buffer.alloc(0)).done();
    const generation = (answer: Buffer) => answer.readInt32BE(2);
    expect(generation(await first.client.ask(JOIN_GROUP, 0, body))).toBe(1);
    const second = await restarted(first, data);
    expect(generation(await second.client.ask(JOIN_GROUP, 0, body))).toBe(2);
  });

  test('recognises a batch that was sent before, also of a segment that is complete', async () => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    const batch = (sequence: number, value: string) =>
      produceBody('t', 0, batchOf([{ key: 'k', value }], { producerId: 9, epoch: 0, sequence }));
    await first.client.ask(PRODUCE, 7, batch(0, 'x'.repeat(20_000)));
    await first.client.ask(PRODUCE, 7, batch(1, 'y'.repeat(20_000)));
    expect(segments(data).length).toBe(2);
    const second = await restarted(first, data);
    await second.client.ask(PRODUCE, 7, batch(0, 'x'.repeat(20_000)));
    await second.client.ask(PRODUCE, 7, batch(1, 'y'.repeat(20_000)));
    expect((await read(second.client, 't')).end).toBe(2);
    const wrong = await second.client.ask(PRODUCE, 7, batch(5, 'z'));
    expect(wrong.readInt16BE(4 + 3 + 4 + 4), 'OUT_OF_ORDER_SEQUENCE_NUMBER').toBe(45);
    expect(
      (await second.client.ask(INIT_PRODUCER_ID, 1, new Body().string(null).int32(1000).done())).readInt16BE(4),
    ).toBe(0);
  });

  test('gives no producer id a second time', async () => {
    const data = newFolder();
    const first = await started(data);
    const ask = (client: WireClient) => client.ask(INIT_PRODUCER_ID, 1, new Body().string(null).int32(1000).done());
    const id = (answer: Buffer) => Number(answer.readBigInt64BE(6));
    const [one, two] = [id(await ask(first.client)), id(await ask(first.client))];
    const second = await restarted(first, data);
    expect([one, two, id(await ask(second.client))]).toEqual([0, 1, 2]);
  });

  test('takes whatever numbers clients have written', async () => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    const huge = Number.MAX_SAFE_INTEGER;
    const odd = batchOf([{ key: 'k', value: 'x'.repeat(20_000), timestamp: huge }], {
      producerId: huge,
      epoch: 3,
      sequence: 0,
    });
    await first.client.ask(PRODUCE, 7, produceBody('t', 0, odd));
    await produce(first.client, 't', 'y'.repeat(20_000));
    const commit = new Body().string('g').int32(-1).string('').string(null).int32(1).string('t').int32(1).int32(0);
    await first.client.ask(OFFSET_COMMIT, 7, commit.int64(huge).int32(-7).string('\u0000"\n').done());
    const second = await restarted(first, data);
    expect((await read(second.client, 't')).end).toBe(2);
    const fetched = new Body().string('g').int32(1).string('t').int32(1).int32(0).done();
    expect((await second.client.ask(OFFSET_FETCH, 5, fetched)).includes('\u0000"\n')).toBe(true);
  });

  test('keeps the first offset that can be read', async () => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    await produce(first.client, 't', 'a', 'b', 'c');
    const upTo = new Body().int32(1).string('t').int32(1).int32(0).int64(2).int32(1000).done();
    await first.client.ask(DELETE_RECORDS, 1, upTo);
    const second = await restarted(first, data);
    expect((await read(second.client, 't', 1)).error, 'OFFSET_OUT_OF_RANGE').toBe(1);
    expect((await read(second.client, 't', 2)).end).toBe(3);
  });
});

describe('transactions', () => {
  /** AddPartitionsToTxn 0 of t. */
  const added = (id: number) =>
    new Body().string('tx').int64(id).int16(0).int32(1).string('t').int32(1).int32(0).done();
  const ended = (id: number, committed: boolean) =>
    new Body()
      .string('tx')
      .int64(id)
      .int16(0)
      .int8(committed ? 1 : 0)
      .done();
  const write = (id: number, sequence: number, value: string) =>
    new Body()
      .string('tx')
      .int16(-1)
      .int32(1000)
      .int32(1)
      .string('t')
      .int32(1)
      .int32(0)
      .bytes(batchOf([{ key: 'k', value }], { attributes: 0b10000, producerId: id, epoch: 0, sequence }))
      .done();

  async function begun(client: WireClient): Promise<number> {
    const answer = await client.ask(INIT_PRODUCER_ID, 1, new Body().string('tx').int32(60_000).done());
    return Number(answer.readBigInt64BE(6));
  }

  test('that were open are aborted, and their producer is fenced', async () => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    const id = await begun(first.client);
    await first.client.ask(ADD_PARTITIONS, 0, added(id));
    await first.client.ask(PRODUCE, 7, write(id, 0, 'committed'));
    await first.client.ask(END_TXN, 0, ended(id, true));
    await first.client.ask(ADD_PARTITIONS, 0, added(id));
    await first.client.ask(PRODUCE, 7, write(id, 1, 'open'));
    const stable = async (client: WireClient) =>
      Number((await client.ask(FETCH, 4, committedOnly())).readBigInt64BE(29));
    expect(await stable(first.client)).toBe(2);

    const second = await restarted(first, data);
    expect(await stable(second.client), 'a marker for each').toBe(4);
    const fetched = await second.client.ask(FETCH, 4, committedOnly());
    const [abortedCount, abortedId, abortedFrom] = [37, 41, 49].map((at, i) =>
      i === 0 ? fetched.readInt32BE(at) : Number(fetched.readBigInt64BE(at)),
    );
    expect([abortedCount, abortedId, abortedFrom]).toEqual([1, id, 2]);
    expect((await second.client.ask(ADD_PARTITIONS, 0, added(id))).readInt16BE(4 + 4 + 3 + 4 + 4)).toBe(47);
    expect(await begun(second.client), 'the same producer, in a later epoch').toBe(id);
  });

  /** Fetch 4 of all that read_committed sees of partition 0. */
  function committedOnly(): Buffer {
    const head = new Body()
      .int32(-1)
      .int32(0)
      .int32(1)
      .int32(1 << 20)
      .int8(1);
    return head
      .int32(1)
      .string('t')
      .int32(1)
      .int32(0)
      .int64(0)
      .int32(1 << 20)
      .done();
  }
});

describe('a process that was killed', () => {
  /** What a kill leaves: the files as they are, and a lock of a process that is no more. */
  function killed(data: string): string {
    const copy = newFolder();
    cpSync(data, copy, { recursive: true });
    return copy;
  }

  test('leaves every record that was acknowledged', async () => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    const values = Array.from({ length: 100 }, (_, i) => `${i}:${'x'.repeat(1000)}`);
    await produce(first.client, 't', ...values);
    expect(segments(data).length).toBeGreaterThan(2);
    const second = await started(killed(data));
    const { end, text } = await read(second.client, 't');
    expect(end).toBe(100);
    expect([...text.matchAll(/(\d+):x/g)].map(([, number]) => Number(number))).toEqual(values.map((_, i) => i));
  });

  test.each([
    ['cut short', (path: string) => truncateSync(path, statSync(path).size - 1), 2],
    ['with rubbish behind it', (path: string) => appendFileSync(path, Buffer.alloc(200, 7)), 3],
    ['with a batch of which a bit is wrong', (path: string) => flip(path, -1), 2],
    ['with the first of its batches broken', (path: string) => flip(path, 70), 0],
    ['that is empty', (path: string) => truncateSync(path, 0), 0],
  ])('leaves a segment %s: it ends with the last whole batch', async (_name, damage, expected) => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    await produce(first.client, 't', 'one', 'two', 'three');
    const left = killed(data);
    const [segment = ''] = segments(left);
    damage(segment);
    const second = await started(left);
    expect((await read(second.client, 't')).end).toBe(expected);
    await produce(second.client, 't', 'next');
    const third = await restarted(second, left);
    const { end, text } = await read(third.client, 't');
    expect([end, text.includes('next')]).toEqual([expected + 1, true]);
  });

  test('leaves less than the journal knows of, as a machine without power does: what is whole is there', async () => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    for (let i = 0; i < 12; i++) await produce(first.client, 't', `${i}`.padEnd(10_000, 'x'));
    const left = killed(data);
    const [, second = '', ...more] = segments(left);
    expect(more.length, 'one behind the one that is cut').toBe(1);
    truncateSync(second, 15_000);
    const after = await started(left);
    const { end, text } = await read(after.client, 't');
    expect([end, ...[...text.matchAll(/(\d+)x{50}/g)].map(([, number]) => Number(number))]).toEqual([2, 0, 1]);
    await produce(after.client, 't', 'next');
    const again = await restarted(after, left);
    expect((await read(again.client, 't')).end).toBe(3);
  });

  test('leaves a journal with half a line, and files of topics and compactions that are no more', async () => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    await produce(first.client, 't', 'a'.repeat(20_000), 'b'.repeat(20_000));
    const left = killed(data);
    appendFileSync(join(left, 'journal'), 'deadbeef [[["topic","half"');
    const [segment = ''] = segments(left);
    const leftover = segment.replace(/-\d+\.log$/, '-99.log');
    copyFileSync(segment, leftover);
    mkdirSync(join(left, 'topics', 'f'.repeat(32), '0'), { recursive: true });
    const second = await started(left);
    expect((await read(second.client, 't')).end).toBe(2);
    expect(existsSync(leftover)).toBe(false);
    expect(readdirSync(join(left, 'topics')).length).toBe(1);
    await create(second.client, 'u');
    const third = await restarted(second, left);
    expect((await third.client.ask(METADATA, 1, new Body().int32(-1).done())).includes('half')).toBe(false);
    expect((await read(third.client, 'u')).error).toBe(0);
  });
});

describe('on disk', () => {
  test('retention takes files away', async () => {
    const data = newFolder();
    const first = await started(data, { retentionBytes: 50_000 });
    await create(first.client, 't');
    for (let i = 0; i < 20; i++) await produce(first.client, 't', `${i}`.padEnd(10_000, 'x'));
    const kept = segments(data).reduce((sum, path) => sum + statSync(path).size, 0);
    expect(kept).toBeLessThan(150_000);
    const { error } = await read(first.client, 't', 0);
    expect(error, 'OFFSET_OUT_OF_RANGE').toBe(1);
    const second = await restarted(first, data, { retentionBytes: 50_000 });
    expect((await read(second.client, 't', 0)).error).toBe(1);
    expect((await read(second.client, 't', 19)).end).toBe(20);
  });

  test('compaction replaces files, and what it left is there after a start', async () => {
    const data = newFolder();
    const first = await started(data);
    await create(first.client, 't');
    await first.client.ask(INCREMENTAL_ALTER_CONFIGS, 0, incrementalBody('t', 'cleanup.policy', 0, 'compact'));
    for (let i = 0; i < 30; i++) await produce(first.client, 't', `k${i}:`.padEnd(5_000, 'x'));
    await eventually('compaction', () => segments(data).length === 2);
    const { text } = await read(first.client, 't');
    const second = await restarted(first, data);
    expect((await read(second.client, 't')).text).toBe(text);
  });

  test('a deleted topic leaves no file', async () => {
    const data = newFolder();
    const { client } = await started(data);
    await create(client, 't');
    await produce(client, 't', 'a');
    await client.ask(DELETE_TOPICS, 3, new Body().int32(1).string('t').int32(1000).done());
    expect(segments(data)).toEqual([]);
  });

  test('everything is flushed a second after it was written, and at the stop', async () => {
    const { broker, client, clock } = await started(newFolder());
    await create(client, 't');
    await produce(client, 't', 'a');
    expect(clock.pending()).toEqual(['kafka flush']);
    clock.advance(1000);
    await produce(client, 't', 'b');
    await broker.stop();
    expect(clock.pending()).toEqual([]);
  });

  test('two brokers of one process do not share a folder', async () => {
    const data = newFolder();
    const first = await started(data);
    await expect(started(data)).rejects.toMatchObject({ code: 'START_FAILED' });
    await restarted(first, data);
  });

  test('two processes do not share a folder, and a lock whose process is gone is no obstacle', async () => {
    const data = newFolder();
    writeFileSync(join(data, 'lock'), String(process.ppid));
    await expect(started(data)).rejects.toMatchObject({ code: 'START_FAILED', message: expect.stringContaining(data) });
    writeFileSync(join(data, 'lock'), '999999999');
    const { broker } = await started(data);
    await broker.stop();
    expect(existsSync(join(data, 'lock'))).toBe(false);
  });

  test('the data of another version is told at the start, and left as it is', async () => {
    const data = newFolder();
    const first = await started(data);
    await first.broker.stop();
    const journal = new Journal(join(data, 'journal'), new Flusher(new ManualClock(), recordingLogger()));
    journal.open();
    journal.put([[['topic', 't'], { later: 'fields' }]]);
    journal.close();
    const before = readFileSync(join(data, 'journal'));
    await expect(started(data)).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('version'),
    });
    expect(readFileSync(join(data, 'journal'))).toEqual(before);
    expect(existsSync(join(data, 'lock'))).toBe(false);
  });

  test('a folder that cannot be used is told at the start', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    await expect(started(file)).rejects.toMatchObject({ code: 'START_FAILED' });
  });

  test('the same broker can be stopped and started again', async () => {
    const { broker, client } = await started(newFolder());
    await create(client, 't');
    await produce(client, 't', 'a');
    await broker.stop();
    await broker.start();
    const again = await WireClient.connect(broker.address);
    await produce(again, 't', 'b');
    expect((await read(again, 't')).end).toBe(2);
  });
});

/** Turns one byte of a file into another, counted from its end when `at` is negative. */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const index = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
  writeFileSync(path, bytes);
}

/** A Metadata answer without the broker's port, which is another one. */
function withoutPort(answer: Buffer): string {
  const host = 4 + 4 + 4;
  const port = host + 2 + answer.readInt16BE(host);
  return Buffer.concat([answer.subarray(0, port), answer.subarray(port + 4)]).toString('latin1');
}
