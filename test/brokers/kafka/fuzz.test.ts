import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../app/random.ts';
import { KafkaBroker } from '../../../brokers/kafka/index.ts';
import { REGISTRY } from '../../../brokers/kafka/registry.ts';
import { within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Body, batchOf, fetchBody, frame, incrementalBody, metadataBody, produceBody, WireClient } from './wire.ts';

const NAMED = new Body().int32(1).string('t').done();
const OF_PARTITION = new Body().int32(1).string('t').int32(1).int32(0).int64(0).done();
const MEMBER = new Body().string('g').int32(1).string('m').string(null);
const JOIN = new Body().string('g').int32(10_000).int32(10_000).string('').string(null).string('consumer').int32(1);

/** Requests as clients send them, one for each API and more for the important ones. */
const REQUESTS: { key: number; version: number; body: Buffer }[] = [
  { key: 0, version: 7, body: produceBody('t', 0, batchOf([{ key: 'k', value: 'v' }, { value: null }])) },
  { key: 0, version: 3, body: produceBody('compacted', 0, batchOf([{ key: 'k', value: 'v'.repeat(200) }])) },
  { key: 1, version: 11, body: fetchBody('t', 0, 0) },
  {
    key: 2,
    version: 5,
    body: new Body().int32(-1).int8(0).int32(1).string('t').int32(1).int32(0).int32(-1).int64(1500).done(),
  },
  { key: 3, version: 8, body: Buffer.concat([metadataBody('t'), Buffer.alloc(2)]) },
  { key: 8, version: 7, body: MEMBER.int32(1).string('t').int32(1).int32(0).int64(5).int32(-1).string('note').done() },
  { key: 9, version: 5, body: new Body().string('g').int32(1).string('t').int32(2).int32(0).int32(1).done() },
  { key: 10, version: 2, body: new Body().string('g').int8(0).done() },
  { key: 11, version: 5, body: JOIN.string('range').bytes(Buffer.from('metadata')).done() },
  { key: 12, version: 3, body: new Body().string('g').int32(1).string('m').string(null).done() },
  { key: 13, version: 2, body: new Body().string('g').string('m').done() },
  { key: 14, version: 3, body: new Body().string('g').int32(1).string('m').string(null).int32(0).done() },
  { key: 15, version: 3, body: new Body().int32(1).string('g').int8(0).done() },
  { key: 16, version: 2, body: Buffer.alloc(0) },
  { key: 18, version: 2, body: Buffer.alloc(0) },
  { key: 19, version: 3, body: createBody('compacted', 'compact') },
  { key: 20, version: 3, body: Buffer.concat([NAMED, Buffer.alloc(4)]) },
  { key: 21, version: 1, body: Buffer.concat([OF_PARTITION, Buffer.alloc(4)]) },
  { key: 22, version: 1, body: new Body().string(null).int32(1000).done() },
  { key: 32, version: 2, body: new Body().int32(1).int8(2).string('t').int32(-1).int8(0).done() },
  {
    key: 33,
    version: 1,
    body: new Body().int32(1).int8(2).string('t').int32(1).string('retention.ms').string('5').int8(0).done(),
  },
  { key: 37, version: 1, body: new Body().int32(1).string('t').int32(6).int32(-1).int32(1000).int8(0).done() },
  { key: 42, version: 1, body: new Body().int32(1).string('g').done() },
  { key: 44, version: 0, body: incrementalBody('t', 'retention.ms', 0, '5') },
];

function createBody(name: string, policy: string): Buffer {
  const topic = new Body().int32(1).string(name).int32(1).int16(1).int32(0);
  return topic.int32(1).string('cleanup.policy').string(policy).int32(1000).int8(0).done();
}

test('the requests are one of each API at least', () => {
  expect([...new Set(REQUESTS.map(({ key }) => key))]).toEqual(REGISTRY.map(({ key }) => key));
});

test('no damaged request breaks the broker: it answers, or drops that connection', { timeout: 60_000 }, async () => {
  const logger = recordingLogger();
  const broker = new KafkaBroker({
    clock: new ManualClock(),
    logger,
    random: seededRandom('fuzz'),
    maxFrameBytes: 100_000,
  });
  await broker.start();
  try {
    const intact = await WireClient.connect(broker.address);
    const before = logger.lines.length;
    for (const { key, version, body } of REQUESTS) if (key !== 14) await intact.ask(key, version, body);
    expect(logger.lines.slice(before), 'the intact requests are understood').toEqual([]);
    intact.socket.destroy();

    const damage = fc.record({
      request: fc.constantFrom(...REQUESTS),
      flips: fc.array(fc.record({ at: fc.nat(), to: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff) }), { maxLength: 4 }),
      cut: fc.option(fc.nat(), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 5 }), async (damages) => {
        const client = await WireClient.connect(broker.address);
        for (const { request, flips, cut } of damages) {
          const body = Buffer.from(request.body);
          for (const { at, to } of flips) if (body.length > 0) body[at % body.length] = to;
          const end = cut === undefined ? body.length : cut % (body.length + 1);
          client.send(frame(request.key, request.version, 1, body.subarray(0, end)));
        }
        client.socket.end();
        await within('the broker to answer or hang up', client.closed);
        const errors = logger.lines.filter(({ level }) => level === 'error');
        if (errors.length > 0) throw new Error(`the broker failed: ${JSON.stringify(errors)}`);
      }),
      { numRuns: 400 },
    );
    const after = await WireClient.connect(broker.address);
    expect((await after.ask(18, 0)).readInt16BE(0)).toBe(0);
  } finally {
    await broker.stop();
  }
});
