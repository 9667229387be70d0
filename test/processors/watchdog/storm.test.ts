import { expect, test } from 'vitest';
import { rfc3339 } from '../../../contracts/clock.ts';
import { eventRecord } from '../../../contracts/cloud-events.ts';
import { detectorStateChanged } from '../../../contracts/events.ts';
import { received } from '../records.ts';
import { Partition, T0 } from './partition.ts';

const ALL = 1_300;

/** Of many detectors nobody is heard any more, up to the canary record with which that comes to light. */
function storm(): Partition {
  const partition = new Partition();
  partition.restart();
  for (let id = 1; id <= ALL; id++) partition.announce(id, 1_000, 0);
  for (let s = 1; s < 4; s++) {
    for (let id = 1; id <= ALL; id++) partition.signal(id, s * 1_000 + 100);
    partition.canary(s * 1_000 + 500);
  }
  partition.read();
  for (let s = 4; s < 8; s++) {
    partition.canary(s * 1_000 + 500);
    partition.read();
  }
  return partition;
}

const silent = ({ told }: Partition) => new Set(told.map(({ subject }) => subject));

test('where many fall silent at once, one step tells a part of them, and the others follow without another record', () => {
  const partition = storm();
  expect(partition.told).toHaveLength(250);
  partition.wake();
  expect(partition.told).toHaveLength(500);
  partition.wait(7_505);
  expect(silent(partition).size).toBe(ALL);
  expect(partition.told).toHaveLength(ALL);
});

test('canary records that waited unread tell of no more at once', () => {
  const partition = storm();
  for (let s = 8; s < 60; s++) partition.canary(s * 1_000 + 500);
  partition.read();
  expect(partition.told).toHaveLength(500);
  partition.wait(60_000);
  expect(partition.told).toHaveLength(ALL);
});

test('who is heard before its turn is not told of', () => {
  const partition = storm();
  for (let id = 1; id <= ALL; id++) partition.signal(id, 7_550);
  partition.read();
  partition.wait(9_000);
  const opened = partition.told.filter(({ change }) => change === 'opened');
  const closed = partition.told.filter(({ change }) => change === 'closed');
  expect(opened).toHaveLength(500);
  expect(new Set(closed.map(({ incident }) => incident))).toEqual(new Set(opened.map(({ incident }) => incident)));
});

test('where it is too early to tell of any, the log goes on first', () => {
  const partition = new Partition();
  for (let id = 1; id <= 20_000; id++) {
    const data = { id, floor: 3, state: 'ok', since: rfc3339(T0), incident: null, episode: 0, offset: 1_000 } as const;
    partition.write(received(eventRecord(detectorStateChanged, { id: 's', source: 'watchdog', time: T0, data }), 0));
  }
  partition.restart();
  partition.canary(500);
  partition.read();
  expect(partition.task.deadline()).toBeGreaterThan(T0 + 500);
});

test('a successor tells of those who are left, and of nobody twice under another id', () => {
  const partition = storm();
  partition.restart();
  partition.canary(8_500);
  partition.read();
  partition.wait(9_500);
  expect(silent(partition).size).toBe(ALL);
  expect(new Set(partition.told.map(({ ceId }) => ceId)).size).toBe(ALL);
});
