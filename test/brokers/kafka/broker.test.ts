import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../app/random.ts';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import { KafkaBroker, type KafkaBrokerOptions } from '../../../brokers/kafka/index.ts';
import { REGISTRY } from '../../../brokers/kafka/registry.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import {
  Body,
  batchOf,
  fetchAllBody,
  fetchBody,
  frame,
  incrementalBody,
  metadataBody,
  produceBody,
  readFetch,
  WireClient,
} from './wire.ts';

const [PRODUCE, FETCH, METADATA, OFFSET_COMMIT, JOIN_GROUP, API_VERSIONS] = [0, 1, 3, 8, 11, 18];
const [DESCRIBE_CONFIGS, INCREMENTAL_ALTER_CONFIGS] = [32, 44];
const brokers: KafkaBroker[] = [];
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.stop();
});

async function started(options: Partial<KafkaBrokerOptions> = {}) {
  const clock = new ManualClock();
  const logger = recordingLogger();
  const broker = new KafkaBroker({ clock, logger, random: seededRandom('broker'), ...options });
  brokers.push(broker);
  await broker.start();
  const client = () => WireClient.connect(broker.address);
  return { broker, clock, logger, client };
}

async function topic(client: WireClient, name: string): Promise<string> {
  await client.ask(METADATA, 4, metadataBody(name));
  return name;
}

describe('ApiVersions', () => {
  test('answers what the registry serves', async () => {
    const { client } = await started();
    const answer = await (await client()).ask(API_VERSIONS, 2);
    expect(answer.readInt16BE(0)).toBe(0);
    const versions = Array.from({ length: answer.readInt32BE(2) }, (_, i) => {
      const at = 6 + 6 * i;
      return { key: answer.readInt16BE(at), min: answer.readInt16BE(at + 2), max: answer.readInt16BE(at + 4) };
    });
    expect(versions).toEqual(REGISTRY.map(({ key, min, max }) => ({ key, min, max })));
    expect(versions.find(({ key }) => key === PRODUCE)?.min, 'KAFKA-18659').toBe(0);
  });

  test.each([4, 5, 99])(
    'in version %i, which is not served, is answered error 35 in the body of version 0',
    async (version) => {
      const { client } = await started();
      const connection = await client();
      const answer = await connection.ask(API_VERSIONS, version, Buffer.from([0, 0]));
      expect(answer.readInt16BE(0)).toBe(35);
      expect(answer.subarray(2)).toEqual(Buffer.from([0, 0, 0, 1, 0, API_VERSIONS, 0, 0, 0, 3]));
      expect((await connection.ask(API_VERSIONS, 0)).readInt16BE(0), 'the client asks again').toBe(0);
    },
  );
});

describe('requests on one connection', () => {
  test('are answered in order, also behind one that waits', async () => {
    const { client, clock } = await started();
    const connection = await client();
    await topic(connection, 't');
    connection.send(
      Buffer.concat([
        frame(FETCH, 11, 101, fetchBody('t', 0, 0, { maxWait: 300 })),
        frame(API_VERSIONS, 0, 102),
        frame(METADATA, 4, 103, metadataBody('t')),
      ]),
    );
    await (await client()).ask(API_VERSIONS, 0);
    await eventually('the fetch to wait', () => clock.pending().includes('kafka fetch wait'));
    expect(connection.unread).toBe(0);
    clock.advance(300);
    expect((await connection.next()).correlation).toBe(101);
    expect((await connection.next()).correlation).toBe(102);
    expect((await connection.next()).correlation).toBe(103);
  });

  test('with acks=0 get no answer at all', async () => {
    const { client } = await started();
    const connection = await client();
    await topic(connection, 't');
    connection.send(frame(PRODUCE, 7, 201, produceBody('t', 0, batchOf([{ value: 'x' }]), 0)));
    connection.send(frame(API_VERSIONS, 0, 202));
    expect((await connection.next()).correlation).toBe(202);
    const fetched = readFetch(await connection.ask(FETCH, 11, fetchBody('t', 0, 0)));
    expect(fetched).toMatchObject({ error: 0, end: 1 });
  });
});

describe('a fetch', () => {
  test('that finds nothing is answered by the next produce', async () => {
    const { client, clock } = await started();
    const [consumer, producer] = [await client(), await client()];
    await topic(producer, 't');
    const answer = consumer.ask(FETCH, 11, fetchBody('t', 0, 0, { maxWait: 500 }));
    await eventually('the fetch to wait', () => clock.pending().length === 1);
    await producer.ask(PRODUCE, 7, produceBody('t', 0, batchOf([{ value: 'news' }])));
    const { records, end } = readFetch(await answer);
    expect(end).toBe(1);
    expect(records.includes('news')).toBe(true);
    expect(clock.pending()).toEqual([]);
  });

  test('waits until there are as many bytes as it wants', async () => {
    const { client, clock } = await started();
    const [consumer, producer] = [await client(), await client()];
    await topic(producer, 't');
    const answer = consumer.ask(FETCH, 11, fetchBody('t', 0, 0, { maxWait: 500, minBytes: 1000 }));
    await eventually('the fetch to wait', () => clock.pending().length === 1);
    await producer.ask(PRODUCE, 7, produceBody('t', 0, batchOf([{ value: 'x'.repeat(300) }])));
    expect(clock.pending().length).toBe(1);
    await producer.ask(PRODUCE, 7, produceBody('t', 0, batchOf([{ value: 'x'.repeat(700) }])));
    expect(readFetch(await answer).end).toBe(2);
  });

  test('waits no longer than the broker lets it', async () => {
    const { client, clock } = await started();
    const consumer = await client();
    await topic(consumer, 't');
    const answer = consumer.ask(FETCH, 11, fetchBody('t', 0, 0, { maxWait: 60_000 }));
    await eventually('the fetch to wait', () => clock.pending().length === 1);
    clock.advance(500);
    expect(readFetch(await answer)).toMatchObject({ error: 0, end: 0, records: Buffer.alloc(0) });
  });

  test('ends when its connection closes', async () => {
    const { client, clock } = await started();
    const consumer = await client();
    await topic(consumer, 't');
    consumer.send(frame(FETCH, 11, 1, fetchBody('t', 0, 0, { maxWait: 500 })));
    await eventually('the fetch to wait', () => clock.pending().length === 1);
    consumer.socket.destroy();
    await eventually('its timer to be gone', () => clock.pending().length === 0);
  });

  test('of several partitions keeps its limit over all of them', async () => {
    const { client } = await started();
    const consumer = await client();
    await topic(consumer, 't');
    const batch = batchOf([{ value: 'x'.repeat(1000) }]);
    for (const partition of [0, 1, 2]) {
      for (let i = 0; i < 3; i++) await consumer.ask(PRODUCE, 7, produceBody('t', partition, batch));
    }
    const batchesIn = async (maxBytes: number) => {
      const answer = await consumer.ask(FETCH, 11, fetchAllBody('t', [0, 1, 2], maxBytes));
      return answer.toString('latin1').split('x'.repeat(1000)).length - 1;
    };
    expect(await batchesIn(100_000)).toBe(9);
    expect(await batchesIn(batch.length * 5)).toBe(5);
    expect(await batchesIn(1), 'one batch in any case').toBe(1);
  });

  test('outside the log, of an unknown partition, or of a session gets its error', async () => {
    const { client } = await started();
    const consumer = await client();
    await topic(consumer, 't');
    const ask = async (...args: Parameters<typeof fetchBody>) =>
      readFetch(await consumer.ask(FETCH, 11, fetchBody(...args)));
    expect((await ask('t', 0, 1, { maxWait: 500 })).error).toBe(1);
    expect((await ask('t', 0, -5, { maxWait: 500 })).error).toBe(1);
    expect((await ask('t', 99, 0, { maxWait: 500 })).error).toBe(3);
    expect((await ask('none', 0, 0, { maxWait: 500 })).error).toBe(3);
    expect((await ask('t', 0, 0, { epoch: 3 })).sessionError).toBe(70);
  });
});

test('an offset that would be rounded is not committed', async () => {
  const { client } = await started();
  const connection = await client();
  await topic(connection, 't');
  const commit = async (offset: number) => {
    const head = new Body().string('g').int32(-1).string('').int64(-1).int32(1).string('t').int32(1).int32(0);
    const answer = await connection.ask(OFFSET_COMMIT, 2, head.int64(offset).string('').done());
    return answer.readInt16BE(answer.length - 2);
  };
  for (const offset of [2 ** 53, -(2 ** 53), 2 ** 62]) expect(await commit(offset)).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  for (const offset of [2 ** 53 - 1, -2]) expect(await commit(offset)).toBe(ErrorCode.NONE);
});

test('IncrementalAlterConfigs changes one setting and leaves the others', async () => {
  const { client } = await started();
  const admin = await client();
  await topic(admin, 't');
  const alter = async (...change: [name: string, operation: number, value: string | null]) =>
    (await admin.ask(INCREMENTAL_ALTER_CONFIGS, 0, incrementalBody('t', ...change))).readInt16BE(8);
  const setting = async (name: string) => {
    const asked = new Body().int32(1).int8(2).string('t').int32(1).string(name).int8(0).done();
    const answer = await admin.ask(DESCRIBE_CONFIGS, 2, asked);
    const at = 4 + 4 + 2 + 2 + 1 + 3 + 4 + 2 + name.length;
    return answer.toString('utf8', at + 2, at + 2 + answer.readInt16BE(at));
  };
  expect(await alter('retention.ms', 0, '5000')).toBe(0);
  expect(await alter('cleanup.policy', 0, 'compact')).toBe(0);
  expect([await setting('retention.ms'), await setting('cleanup.policy')]).toEqual(['5000', 'compact']);
  expect(await alter('retention.ms', 1, null)).toBe(0);
  expect([await setting('retention.ms'), await setting('cleanup.policy')]).toEqual(['604800000', 'compact']);
  expect(await alter('retention.ms', 2, '1'), 'no list').toBe(40);
  expect(await alter('cleanup.policy', 0, 'burn')).toBe(40);
  expect(await setting('cleanup.policy')).toBe('compact');
});

describe('what is no request', () => {
  const notRequests: [string, Buffer][] = [
    ['a negative size', Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['a size beyond all bounds', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ['a frame shorter than its header', Buffer.from([0, 0, 0, 2, 0, 18])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['an API that is not there', frame(999, 0, 1)],
    ['a version that is not served', frame(PRODUCE, 2, 1, Buffer.alloc(20))],
    ['a body that ends early', frame(FETCH, 11, 1, fetchBody('t', 0, 0).subarray(0, 20))],
    ['a count that cannot be', frame(METADATA, 4, 1, Buffer.from([0x7f, 0xff, 0xff, 0xff, 1]))],
  ];

  test.each(notRequests)('%s: ends that connection, with a warning, and no other', async (_name, bytes) => {
    const { client, logger } = await started();
    const [bad, good] = [await client(), await client()];
    await topic(good, 't');
    bad.send(bytes);
    await within('the connection to be dropped', bad.closed);
    expect(logger.lines.filter(({ level }) => level === 'warn').length).toBe(1);
    expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect((await good.ask(API_VERSIONS, 0)).readInt16BE(0)).toBe(0);
  });

  test('a client that goes away in the middle of a frame is forgotten', async () => {
    const { client, broker } = await started();
    const bad = await client();
    bad.send(frame(METADATA, 4, 1, metadataBody('t')).subarray(0, 9));
    bad.socket.end();
    await within('the socket to close', bad.closed);
    expect((await (await client()).ask(API_VERSIONS, 0)).readInt16BE(0)).toBe(0);
    await within('the broker to stop', broker.stop());
  });
});

describe('the service', () => {
  test('says what is missing until it listens, and starts quickly', async () => {
    const { broker } = await started();
    expect(broker.missing()).toEqual([]);
    expect(broker.address).toMatch(/^127\.0\.0\.1:\d+$/);
    await broker.stop();
    expect(broker.missing()).toEqual(['the Kafka broker does not listen']);
    expect(() => broker.address).toThrow('does not listen');
  });

  test('on a port that is taken says which, and what to do', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const bound = taken.address();
    const port = typeof bound === 'object' && bound ? bound.port : 0;
    await expect(started({ port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port} is in use.*--kafka-port`)),
    });
    await new Promise((resolve) => taken.close(resolve));
  });

  test('stops at any moment and twice, drops its clients and leaves no timer', async () => {
    const { broker, client, clock } = await started();
    const [parked, joined] = [await client(), await client()];
    await topic(parked, 't');
    parked.send(frame(FETCH, 11, 1, fetchBody('t', 0, 0, { maxWait: 500 })));
    const join = new Body().string('g').int32(10_000).int32(10_000).string('').string('consumer').int32(1);
    await joined.ask(JOIN_GROUP, 3, join.string('range').bytes(Buffer.alloc(0)).done());
    await eventually('a fetch, a session and the time for its sync', () => clock.pending().length === 3);
    await Promise.all([broker.stop(), broker.stop()]);
    await Promise.all([within('a drop', parked.closed), within('a drop', joined.closed)]);
    await broker.stop();
    expect(clock.pending()).toEqual([]);

    const early = new KafkaBroker({ clock, logger: recordingLogger(), random: seededRandom('early') });
    await Promise.all([early.start(), early.stop()]);
    expect(early.missing().length).toBe(1);
    await new KafkaBroker({ clock, logger: recordingLogger(), random: seededRandom('never') }).stop();
  });

  test('started again is at the same address, with its topics', async () => {
    const { broker, client } = await started();
    const before = await client();
    await topic(before, 't');
    await before.ask(PRODUCE, 7, produceBody('t', 0, batchOf([{ value: 'kept' }])));
    const { address } = broker;
    await broker.stop();
    await broker.start();
    expect(broker.address).toBe(address);
    const { records } = readFetch(await (await client()).ask(FETCH, 11, fetchBody('t', 0, 0)));
    expect(records.includes('kept')).toBe(true);
  });

  test('on all addresses tells clients the one they came by', async () => {
    const { client } = await started({ host: '0.0.0.0' });
    const answer = await (await client()).ask(METADATA, 4, metadataBody('t'));
    expect(answer.includes('127.0.0.1')).toBe(true);
    expect(answer.includes('0.0.0.0')).toBe(false);
  });
});
