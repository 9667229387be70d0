import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { seededRandom } from '../../../app/random.ts';
import { sealBatch } from '../../../brokers/kafka/batch.ts';
import { KafkaBroker, type KafkaBrokerOptions } from '../../../brokers/kafka/index.ts';
import { REGISTRY } from '../../../brokers/kafka/registry.ts';
import { requestBody } from '../../conformance/kafka/protocol/client.ts';
import { sampleRequests } from '../../conformance/kafka/samples.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { batchOf, fetchBody, frame, metadataBody, produceBody, readFetch, WireClient } from './wire.ts';

const [PRODUCE, FETCH, METADATA, API_VERSIONS] = [0, 1, 3, 18];
const MB = 1024 * 1024;

const brokers: KafkaBroker[] = [];
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.stop();
});

async function started(options: Partial<KafkaBrokerOptions> = {}) {
  const logger = recordingLogger();
  const broker = new KafkaBroker({ clock: new ManualClock(), logger, random: seededRandom('hostile'), ...options });
  brokers.push(broker);
  await broker.start();
  const client = () => WireClient.connect(broker.address);
  const setUp = await client();
  await setUp.ask(METADATA, 4, metadataBody('t'));
  const errors = () => logger.lines.filter(({ level }) => level === 'error');
  const warnings = () => logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  return { broker, client, setUp, errors, warnings };
}

/** A recorded stream: one request of each API in its newest version, as a client would send them. */
const SAMPLES = sampleRequests({ topic: 't', newTopic: 'made', group: 'g', transaction: 'x' });
const STREAM = Buffer.concat(
  REGISTRY.map(({ key, name, max }, i) => frame(key, max, i, requestBody(name, max, SAMPLES[name] ?? {}))),
);

test('a stream with any bytes wrong, cut anywhere, breaks one connection at most', { timeout: 60_000 }, async () => {
  const { client, errors } = await started();
  const wrong = fc.array(fc.record({ at: fc.nat(STREAM.length - 1), to: fc.integer({ min: 0, max: 255 }) }), {
    maxLength: 8,
  });
  const cuts = fc.array(fc.nat(STREAM.length), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(wrong, cuts, async (bytes, ends) => {
      const stream = Buffer.from(STREAM);
      for (const { at, to } of bytes) stream[at] = to;
      const hostile = await client();
      let from = 0;
      for (const to of [...ends, stream.length].sort((a, b) => a - b)) {
        hostile.send(stream.subarray(from, to));
        from = to;
      }
      hostile.socket.end();
      await within('the broker to answer or hang up', hostile.closed);
      if (errors().length > 0) throw new Error(`the broker failed: ${JSON.stringify(errors())}`);
    }),
    { numRuns: 300 },
  );
  expect((await (await client()).ask(API_VERSIONS, 0)).readInt16BE(0)).toBe(0);
});

test('rubbish breaks one connection at most', async () => {
  const { client, errors } = await started();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (rubbish) => {
      const hostile = await client();
      hostile.send(Buffer.from(rubbish));
      hostile.socket.end();
      await within('the broker to hang up', hostile.closed);
    }),
    { numRuns: 200 },
  );
  expect(errors()).toEqual([]);
});

test('a client that does not read its answers gets no more of its requests done', async () => {
  const { broker, client, setUp } = await started();
  for (let i = 0; i < 2; i++) {
    await setUp.ask(PRODUCE, 7, produceBody('t', 0, batchOf([{ key: 'k', value: 'x'.repeat(MB - 1_000) }])));
  }
  let begun = 0;
  broker.faults.intercept(({ api }) => {
    if (api === 'Fetch') begun += 1;
    return undefined;
  });
  const slow = await client();
  slow.socket.pause();
  const asked = 40;
  for (let i = 0; i < asked; i++) slow.send(frame(FETCH, 11, i, fetchBody('t', 0, 0, { maxBytes: 2 * MB })));
  await eventually('the first ones', () => begun > 0);
  // The sentinel: whatever could be done for the slow one while this one is served was done.
  for (let i = 0; i < 50; i++) await setUp.ask(API_VERSIONS, 0);
  expect(begun).toBeLessThan(asked / 2);
  slow.socket.resume();
  for (let i = 0; i < asked; i++) expect((await slow.next()).correlation).toBe(i);
});

test('requests behind one that waits are taken in only so far, and all of them are answered', async () => {
  const { broker, client } = await started();
  const hold = broker.faults.intercept(({ correlationId }) => (correlationId === 0 ? { kind: 'hold' } : undefined), {
    times: 1,
  });
  const eager = await client();
  const asked = 50_000;
  eager.send(Buffer.concat(Array.from({ length: asked }, (_, i) => frame(API_VERSIONS, 0, i))));
  await eventually('some to be held', () => broker.faults.held.length > 1_000);
  for (let i = 0; i < 50; i++) await (await client()).ask(API_VERSIONS, 0);
  expect(broker.faults.held.length).toBeLessThan(10_000);
  hold.release();
  for (let i = 0; i < asked; i++) expect((await eager.next()).correlation).toBe(i);
});

test('halves of requests of many clients are held only so far: the largest goes', async () => {
  const { client, setUp, warnings } = await started({ maxBufferedBytes: 8 * MB });
  const half = (bytes: number) => frame(PRODUCE, 7, 1, Buffer.alloc(bytes)).subarray(0, bytes / 2);
  const small = await client();
  small.send(half(2 * MB));
  const large = await client();
  large.send(half(12 * MB));
  // Served by the same loop: what it got before is counted by now.
  await setUp.ask(API_VERSIONS, 0);
  expect(large.socket.closed).toBe(false);
  const last = await client();
  last.send(half(6 * MB));
  await within('the largest to be dropped', large.closed);
  expect(warnings()).toEqual(['kafka connection dropped: too much of requests is buffered']);
  expect([small.socket.closed, last.socket.closed]).toEqual([false, false]);
  expect((await setUp.ask(API_VERSIONS, 0)).readInt16BE(0)).toBe(0);
});

test('what a client held that is gone is held no more', async () => {
  const { client, setUp, warnings } = await started({ maxBufferedBytes: 2 * MB });
  const half = frame(PRODUCE, 7, 1, Buffer.alloc(2 * MB)).subarray(0, MB);
  for (let i = 0; i < 5; i++) {
    const gone = await client();
    gone.send(half);
    gone.socket.end(Buffer.from(i % 2 === 0 ? '' : 'rubbish'));
    await within('the broker to hang up', gone.closed);
  }
  const stays = await client();
  stays.send(half);
  await setUp.ask(API_VERSIONS, 0);
  expect(stays.socket.closed).toBe(false);
  expect(warnings()).toEqual([]);
});

test('connections beyond their number are refused, until one of the others is gone', async () => {
  const { client, setUp, warnings } = await started({ maxConnections: 3 });
  const others = [await client(), await client()];
  const refused = () =>
    client().then(
      ({ closed }) => closed,
      () => undefined,
    );
  for (let i = 0; i < 3; i++) await within('one too many to be dropped', refused());
  expect(warnings()).toEqual(['kafka connections refused: there are as many as may be']);
  expect((await setUp.ask(API_VERSIONS, 0)).readInt16BE(0)).toBe(0);
  others[0]?.socket.destroy();
  const served = async () => (await client()).ask(API_VERSIONS, 0);
  await eventually('a place', () => served().catch(() => undefined));
});

test('a compressed batch is never opened: a bomb is stored as it came', async () => {
  const { setUp, errors } = await started();
  const bomb = gzipSync(Buffer.alloc(256 * MB));
  const batch = Buffer.concat([batchOf([{ key: 'k' }], { attributes: 1 }).subarray(0, 61), bomb]);
  const before = process.memoryUsage().arrayBuffers;
  expect((await setUp.ask(PRODUCE, 7, produceBody('t', 0, sealBatch(batch)))).readInt16BE(15)).toBe(0);
  const { records } = readFetch(await setUp.ask(FETCH, 11, fetchBody('t', 0, 0)));
  expect(records.subarray(61).equals(bomb)).toBe(true);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MB);
  expect(errors()).toEqual([]);
});
