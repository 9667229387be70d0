import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import type { OutRecord } from '../../../contracts/kafka-records.ts';
import { headerOf } from '../../../contracts/kafka-records.ts';
import { TOPICS } from '../../../contracts/kafka-topics.ts';
import { kafkaClient } from '../../../transport/kafka/client.ts';
import { partitionOf } from '../../../transport/kafka/partition.ts';
import { Producer } from '../../../transport/kafka/producer.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { embeddedSite, KafkaSite, noSockets, signal, valuesOf } from './site.ts';

const text = fc.string({ unit: 'binary', maxLength: 80 });
const headers = fc.dictionary(fc.string({ minLength: 1, maxLength: 60 }), text, { maxKeys: 5, noNullPrototype: true });
const anyRecord = fc.record({
  topic: fc.constant('signals'),
  key: fc.option(text),
  value: fc.oneof(
    fc.constant(null),
    text,
    fc.uint8Array({ maxLength: 9_000 }).map((bytes) => Buffer.from(bytes)),
  ),
  headers,
  timestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }),
});

describe('a record', () => {
  test('arrives as it was given, on the partition of its key', async () => {
    const site = await embeddedSite();
    const producer = await site.producer();
    const arrived = await site.records('signals');
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), async (records) => {
        arrived.length = 0;
        await producer.send(records);
        await eventually('all have arrived', () => arrived.length === records.length);
        for (let partition = 0; partition < 4; partition++) {
          const sent = records.filter(({ key }) => (key === null ? 0 : partitionOf(key, 4)) === partition);
          const got = arrived.filter((record) => record.partition === partition);
          expect(got.map(({ key, value, timestamp }) => ({ key, value: value?.toString('hex'), timestamp }))).toEqual(
            sent.map(({ key, value, timestamp }) => ({
              key: key === null ? null : Buffer.from(key).toString(),
              value: value === null ? undefined : Buffer.from(value).toString('hex'),
              timestamp,
            })),
          );
          for (const [i, record] of got.entries()) {
            for (const [name, value] of Object.entries(sent[i]?.headers ?? {})) {
              expect(headerOf(record, Buffer.from(name).toString())).toBe(Buffer.from(value).toString());
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('may name its partition', async () => {
    const site = await embeddedSite();
    const producer = await site.producer();
    const arrived = await site.records('signals');
    await producer.send([{ ...signal('1', 'here'), partition: 3 }]);
    await eventually('it arrives', () => arrived.length === 1);
    expect(arrived[0]).toMatchObject({ partition: 3, key: '1', offset: 0 });
  });

  test.each([
    ['larger than any batch', undefined, 1_100_000],
    ['too large for this broker, in a batch with others', 4_000, 5_000],
  ])('that Kafka will never take is refused to its sender alone: %s', async (_, maxMessageBytes, size) => {
    const site = await embeddedSite(maxMessageBytes === undefined ? {} : { maxMessageBytes });
    const producer = await site.producer();
    const arrived = await site.records('signals');
    const sends = [...Array(20).keys()].map((i) =>
      producer.send([signal('1', i === 7 ? 'x'.repeat(size) : String(i)), signal('1', `${i} too`)]),
    );
    const outcomes = await Promise.allSettled(sends);
    expect(outcomes.map(({ status }) => status)).toEqual(
      [...Array(20).keys()].map((i) => (i === 7 ? 'rejected' : 'fulfilled')),
    );
    await expect(sends[7]).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await eventually('the others arrive', () => arrived.length === 39);
    expect(valuesOf(arrived)).toEqual(
      [...Array(20).keys()].flatMap((i) => (i === 7 ? ['7 too'] : [String(i), `${i} too`])),
    );
  });
});

test('more than fits in one request leaves in several, in order', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const arrived = await site.records('signals');
  const records: OutRecord[] = [...Array(3_000).keys()].map((i) => signal('1', `${i} ${'x'.repeat(1_000)}`));
  await producer.send(records);
  await eventually('all arrive', () => arrived.length === records.length);
  expect(valuesOf(arrived)).toEqual(records.map(({ value }) => String(value)));
});

test('topics may be written for the first time while others are being found', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const sends: Promise<void>[] = [];
  for (const topic of TOPICS.keys()) {
    sends.push(producer.send([{ ...signal('1', '1'), topic }]));
    // The next one comes while Kafka is being asked about this one.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await within('all are written', Promise.all(sends));
  expect(site.logger.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
});

test('an outage of the broker loses nothing and keeps the order', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const arrived = await site.records('signals');
  const sends: Promise<void>[] = [];
  let next = 0;
  const send = () => void sends.push(producer.send([signal('1', String(next++))]));
  for (let i = 0; i < 50; i++) send();
  await Promise.all(sends);
  const outage = site.broker.stop();
  for (let i = 0; i < 50; i++) send();
  await outage;
  for (let i = 0; i < 50; i++) send();
  await eventually('the producer says what is missing', () => producer.missing().length > 0);
  expect(producer.missing()).toEqual(['test producer: not connected to Kafka']);
  expect(producer.inFlight).toBe(100);
  await site.broker.start();
  await within('every send is acknowledged', Promise.all(sends));
  expect(producer.missing()).toEqual([]);
  expect(producer.inFlight).toBe(0);
  // What was on its way when the connection broke may stand there twice.
  await eventually('all arrive', () => new Set(valuesOf(arrived)).size === 150);
  const firsts = valuesOf(arrived).filter((value, i, all) => all.indexOf(value) === i);
  expect(firsts).toEqual([...Array(150).keys()].map(String));
  const warnings = site.logger.lines.filter(
    ({ level, fields }) => level === 'warn' && Reflect.get(fields, 'part') === 'test producer',
  );
  expect(warnings).toHaveLength(1);
});

test('what is acknowledged is counted', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  await producer.send([signal('1', '1'), signal('2', '0'), { ...signal('1', '1'), topic: 'alarms' }]);
  expect((await site.metrics.produced.get()).values).toMatchObject([
    { labels: { role: 'test', topic: 'signals' }, value: 2 },
    { labels: { role: 'test', topic: 'alarms' }, value: 1 },
  ]);
});

test('stopped, it rejects what waits and what comes, and leaves nothing behind', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  await site.broker.stop();
  const waiting = producer.send([signal('1', '1')]);
  const expectation = expect(waiting).rejects.toMatchObject({ code: 'STOPPED' });
  await producer.stop();
  await expectation;
  await expect(producer.send([signal('1', '1')])).rejects.toMatchObject({ code: 'STOPPED' });
  await producer.stop();
  await noSockets();
});

describe('a start', () => {
  const starting = (brokers: string[], connectTimeoutMs = 300) => {
    const client = kafkaClient({
      brokers,
      clientId: 'test',
      logger: recordingLogger(),
      wireClock: realClock,
      connectTimeoutMs,
    });
    return new Producer({ client, role: 'test', metrics: new KafkaSite(brokers, '').metrics });
  };

  test('against nobody fails in time and names the addresses', async () => {
    const producer = starting(['127.0.0.1:1', '127.0.0.1:2']);
    await expect(within('the start fails', producer.start(), 2_000)).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1, 127.0.0.1:2'),
    });
    await producer.stop();
    await noSockets();
  });

  test('against one who says nothing fails as well', async () => {
    const silent = createServer((socket) => void socket.resume());
    onTestFinished(() => void silent.close());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const producer = starting([`127.0.0.1:${port}`]);
    await expect(within('the start fails', producer.start(), 2_000)).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
    });
    await producer.stop();
  });

  test('can be stopped', async () => {
    const producer = starting(['127.0.0.1:1'], 60_000);
    const started = expect(producer.start()).rejects.toMatchObject({ code: 'STOPPED' });
    await producer.stop();
    await within('the start ends', started, 1_000);
    await noSockets();
  });
});
