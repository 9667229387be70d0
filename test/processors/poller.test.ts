import { expect, test } from 'vitest';
import { Poller } from '../../processors/poller.ts';
import { PassiveRegistry } from '../../processors/watchdog/passive-registry.ts';
import { recordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';

function setUp(publish?: (topic: string) => Promise<void>) {
  const clock = new ManualClock();
  const detectors = new PassiveRegistry();
  const asked: string[] = [];
  const poller = new Poller({
    site: 'hq',
    root: 'fire/v1',
    clock,
    logger: recordingLogger(),
    detectors,
    publish: (topic, payload) => {
      asked.push(topic + payload);
      return publish?.(topic) ?? Promise.resolve();
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const pass = async (ms: number) => {
    for (let t = 0; t < ms; t += 10) {
      clock.advance(10);
      await settle();
    }
    return asked.splice(0);
  };
  return { clock, detectors, poller, pass };
}

const topicOf = (id: number) => `fire/v1/hq/3/detectors/${id}/poll`;

test('each detector is asked once a heartbeat, by one timer', async () => {
  const { clock, detectors, poller, pass } = setUp();
  for (const [id, heartbeatMs] of [
    [7, 1_000],
    [8, 500],
  ] as const) {
    detectors.set(id % 4, { id, floor: 3, heartbeatMs });
  }
  await poller.start();
  const asked = await pass(10_000);
  expect(clock.pending()).toEqual(['poll']);
  expect(asked.filter((topic) => topic === topicOf(7))).toHaveLength(10);
  expect(asked.filter((topic) => topic === topicOf(8))).toHaveLength(20);
  await poller.stop();
  await poller.stop();
  expect(clock.pending()).toEqual([]);
  expect(await pass(2_000)).toEqual([]);
});

test('who is registered later is asked, who is gone or whose partition went elsewhere is not', async () => {
  const { detectors, poller, pass } = setUp();
  await poller.start();
  expect(await pass(3_000)).toEqual([]);
  detectors.set(0, { id: 4, floor: 3, heartbeatMs: 100 });
  detectors.set(1, { id: 5, floor: 3, heartbeatMs: 100 });
  detectors.set(1, { id: 6, floor: 3, heartbeatMs: 100 });
  expect(new Set(await pass(2_000))).toEqual(new Set([4, 5, 6].map(topicOf)));
  detectors.remove(0, 4);
  detectors.forget(1);
  detectors.set(2, { id: 9, floor: 3, heartbeatMs: 100 });
  await pass(1_000);
  expect(new Set(await pass(1_000))).toEqual(new Set([topicOf(9)]));
  await poller.stop();
});

test('a broker that takes nothing gets no pile of questions, and one that refuses is asked again', async () => {
  let answer: (() => void) | undefined;
  const slow = setUp(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  slow.detectors.set(0, { id: 4, floor: 3, heartbeatMs: 100 });
  await slow.poller.start();
  expect(await slow.pass(1_000)).toEqual([topicOf(4)]);
  answer?.();
  expect(await slow.pass(200)).toEqual([topicOf(4)]);
  await slow.poller.stop();

  const refusing = setUp(() => Promise.reject(new Error('no')));
  refusing.detectors.set(0, { id: 4, floor: 3, heartbeatMs: 100 });
  await refusing.poller.start();
  expect((await refusing.pass(1_000)).length).toBeGreaterThanOrEqual(9);
  await refusing.poller.stop();
});
