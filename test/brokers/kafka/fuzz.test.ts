import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../app/random.ts';
import { KafkaBroker } from '../../../brokers/kafka/index.ts';
import { REGISTRY } from '../../../brokers/kafka/registry.ts';
import { requestBody } from '../../conformance/kafka/protocol/client.ts';
import { sampleRequests } from '../../conformance/kafka/samples.ts';
import { within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Body, batchOf, frame, produceBody, WireClient } from './wire.ts';

const NAMES = { topic: 't', newTopic: 'compacted', group: 'g', transaction: 'x' };
const SAMPLES = sampleRequests(NAMES);

/** Requests as clients send them: each API in its oldest and its newest version, and what makes a topic compact. */
const REQUESTS: { key: number; version: number; body: Buffer }[] = [
  { key: 19, version: 3, body: createBody('compacted', 'compact') },
  { key: 0, version: 3, body: produceBody('compacted', 0, batchOf([{ key: 'k', value: 'v'.repeat(200) }])) },
  ...REGISTRY.flatMap(({ key, name, min, max, servedFrom = min }) =>
    [servedFrom, max].map((version) => ({ key, version, body: requestBody(name, version, SAMPLES[name] ?? {}) })),
  ),
];

function createBody(name: string, policy: string): Buffer {
  const topic = new Body().int32(1).string(name).int32(1).int16(1).int32(0);
  return topic.int32(1).string('cleanup.policy').string(policy).int32(1000).int8(0).done();
}

test('there is a request of each API', () => {
  expect(REGISTRY.map(({ name }) => name).filter((name) => SAMPLES[name] === undefined)).toEqual([]);
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
    for (const { key, version, body } of REQUESTS) await intact.ask(key, version, body);
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
