import { expect, test } from 'vitest';
import { Staleness } from '../../../processors/bridge/staleness.ts';
import { type CrashPoint, Partition, T0 } from './partition.ts';

const CRASHES: readonly CrashPoint[] = [
  'before notes',
  'before outputs',
  'after outputs',
  'after changelog',
  'after commit',
];

/** From `from` to `to` seconds detector 8, of floor 3, signals from `floor`. */
function hear(partition: Partition, from: number, to: number, floor: number, crash?: CrashPoint): void {
  for (let s = from; s < to; s++) {
    partition.hear({ detector: 8, floor, value: 0, bridge: 'a', receivedAt: T0 + s * 1_000 + 100 });
    partition.canary(s * 1_000 + 500);
    partition.read(undefined, crash);
    if (crash) partition.restart();
  }
}

function begin(): Partition {
  const partition = new Partition();
  partition.restart();
  partition.announce(8, 1_000, 0);
  hear(partition, 1, 10, 3);
  return partition;
}

const words = ({ told }: Partition) => told.map(({ change, subject, cause }) => `${change} ${subject} ${cause}`);

test('what is odd about a detector is a fault of its own, each time another one, and leaves its state as it is', () => {
  const partition = begin();
  hear(partition, 10, 40, 4);
  expect(words(partition)).toEqual(['opened detector/8 wrong-floor']);
  expect(partition.told[0]).toMatchObject({ floor: 3, episode: 1, heartbeatMs: 1_000 });
  expect(partition.told[0]?.reason).toBe('Detector 8 is on floor 3 by the registry, and signals from floor 4.');
  expect(partition.stateOf(8)).toBe('ok');
  hear(partition, 40, 80, 3);
  hear(partition, 80, 100, 4);
  expect(words(partition)).toEqual([
    'opened detector/8 wrong-floor',
    'closed detector/8 wrong-floor',
    'opened detector/8 wrong-floor',
  ]);
  const [first, end, second] = partition.told;
  expect(end?.incident).toBe(first?.incident);
  expect(second?.incident).not.toBe(first?.incident);
});

test('it is told once, and withdrawn once, wherever the watchdog dies', () => {
  for (const crash of CRASHES) {
    const partition = begin();
    // The last batch is told, or not, and a successor takes over.
    for (let s = 10; s < 40 && partition.told.length === 0; s++) hear(partition, s, s + 1, 4);
    const found = Math.round((partition.now - T0) / 1_000);
    const gone = begin();
    hear(gone, 10, found - 1, 4);
    hear(gone, found - 1, found, 4, crash);
    // Nothing is left to find it out from once more.
    gone.expire();
    gone.restart();
    hear(gone, found, found + 30, 3);
    const opened = gone.told.filter(({ change }) => change === 'opened');
    expect(words(gone)).toEqual([
      ...opened.map(() => 'opened detector/8 wrong-floor'),
      ...(opened.length > 0 ? ['closed detector/8 wrong-floor'] : []),
    ]);
    expect(new Set(opened.map(({ incident }) => incident)).size).toBe(opened.length > 0 ? 1 : 0);

    const again = begin();
    hear(again, 10, found - 1, 4);
    hear(again, found - 1, found + 1, 4, crash);
    hear(again, found + 1, found + 30, 4);
    hear(again, found + 30, found + 60, 3);
    expect([...new Set(words(again))]).toEqual(['opened detector/8 wrong-floor', 'closed detector/8 wrong-floor']);
    expect(new Set(again.told.map(({ ceId }) => ceId)).size).toBe(2);
  }
});

test('it is over when the detector is taken out of the registry, and no restart tells of it again', () => {
  const partition = begin();
  hear(partition, 10, 40, 4);
  partition.restart();
  hear(partition, 40, 50, 4);
  partition.withdraw(8);
  hear(partition, 50, 52, 4);
  partition.restart();
  hear(partition, 52, 90, 4);
  expect(words(partition)).toEqual(['opened detector/8 wrong-floor', 'closed detector/8 wrong-floor']);
});

test('it goes on while the detector is silent, which is a fault of its own', () => {
  const partition = begin();
  hear(partition, 10, 40, 4);
  for (let s = 40; s < 60; s++) partition.canary(s * 1_000 + 500);
  partition.read();
  partition.restart();
  hear(partition, 60, 62, 4);
  expect(words(partition)).toEqual([
    'opened detector/8 wrong-floor',
    'opened detector/8 silent',
    'closed detector/8 silent',
  ]);
});

test('a fire is told at once, whatever else is wrong', () => {
  const partition = begin();
  hear(partition, 10, 40, 4);
  partition.hear({ detector: 8, floor: 4, value: 1, bridge: 'a', receivedAt: T0 + 40_100 });
  partition.read();
  expect(partition.stateOf(8)).toBe('alarm');
});

test('a gateway that repeats the last word of a dead detector does not keep it alive: the bridge buries that', () => {
  const partition = begin();
  const bridge = new Staleness();
  const word = { signal: 0, seq: 17, at: '2026-01-01T00:00:10.000Z' } as const;
  let passed = 0;
  for (let s = 10; s < 30; s++) {
    if (!bridge.isStale(8, word)) {
      passed++;
      partition.hear({ detector: 8, floor: 3, value: 0, bridge: 'a', receivedAt: T0 + s * 1_000, seq: word.seq });
    }
    partition.canary(s * 1_000 + 500);
    partition.read();
  }
  expect(passed).toBe(1);
  expect(words(partition)).toEqual(['opened detector/8 silent']);
});
