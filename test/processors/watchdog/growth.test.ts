import { describe, expect, test } from 'vitest';
import { eventRecord } from '../../../contracts/cloud-events.ts';
import { detectorRegistered } from '../../../contracts/events.ts';
import { headerOf, type InRecord, movedAmong, movedCopy, movedRecord } from '../../../contracts/kafka-records.ts';
import { rekeyed } from '../../../processors/watchdog/moves.ts';
import { partitionOf } from '../../../transport/kafka/partition.ts';
import type { Emission } from '../../../transport/kafka/types.ts';
import { received } from '../records.ts';
import { Partition, T0 } from './partition.ts';

const FEWER = 4;
const MORE = 7;

/** Detectors by where they belong: in partition 0 for good; there until partitions are added; there from then on; never. */
const ids = [...Array(200).keys()].map(String);
const among = (first: boolean, then: boolean) =>
  Number(ids.find((id) => (partitionOf(id, FEWER) === 0) === first && (partitionOf(id, MORE) === 0) === then));
const STAYS = among(true, true);
const LEAVES = among(true, false);
const COMES = among(false, true);

const ofTable = (id: number, at = 0, heartbeatMs = 1_000): InRecord =>
  received(
    eventRecord(detectorRegistered, {
      id: 'a',
      source: 'bridge',
      time: T0 + at,
      data: { id, floor: 3, mode: 'active', heartbeatMs, kind: 'smoke', label: '' },
      headers: { bridge: 'a' },
    }),
    0,
  );

/** Partition 0 of so many, whose detector was heard at 0 and never since. */
function withOneDead(id: number, of: number): Partition {
  const partition = new Partition(of);
  partition.restart();
  partition.announce(id, 1_000, -1_000);
  partition.canaryAmong(of, 0);
  partition.signal(id, 1);
  return partition;
}

/** Canaries of each second up to `until`, by a bridge that deals out signals to so many. */
function sing(partition: Partition, of: number, from: number, until: number): void {
  for (let second = from; second <= until; second++) partition.canaryAmong(of, second * 1_000);
  partition.read();
}

describe('a canary', () => {
  test('whose bridge deals out signals as the watchdog does proves time', () => {
    const partition = withOneDead(STAYS, MORE);
    sing(partition, MORE, 1, 6);
    expect(partition.headlines()).toEqual([`opened detector/${STAYS}`]);
  });

  test('whose bridge does not know yet of partitions that were added proves nothing until it does', () => {
    const partition = withOneDead(COMES, MORE);
    sing(partition, FEWER, 1, 30);
    expect(partition.headlines()).toEqual(['opened pipeline']);
    sing(partition, MORE, 31, 36);
    expect(partition.headlines().slice(1)).toEqual(['closed pipeline', `opened detector/${COMES}`]);
  });

  test('whose bridge knows of more than the watchdog does ends its judging', () => {
    const partition = withOneDead(LEAVES, FEWER);
    partition.canaryAmong(MORE, 1_000);
    sing(partition, FEWER, 2, 30);
    partition.signal(STAYS, 30_500, 1);
    partition.read();
    expect(partition.headlines()).toEqual(['opened pipeline']);
    expect(partition.tables.get('detector-states')?.has(String(STAYS))).toBe(false);
  });
});

describe('a record that was moved away', () => {
  test('by those who know of more partitions ends the judging of who knows of fewer', () => {
    const partition = withOneDead(LEAVES, FEWER);
    partition.write(received(movedRecord(ofTable(LEAVES), MORE), 9));
    sing(partition, FEWER, 1, 30);
    expect(partition.headlines()).toEqual([]);
  });

  test('by those who know of no more changes nothing', () => {
    const partition = withOneDead(STAYS, FEWER);
    partition.write(received(movedRecord(ofTable(STAYS), FEWER), 9));
    sing(partition, FEWER, 1, 6);
    expect(partition.headlines()).toEqual([`opened detector/${STAYS}`]);
  });
});

describe('a record of a detector that belongs elsewhere', () => {
  /** What the task asks for at the next canary. */
  function atCanary(partition: Partition, of: number, at: number): Emission {
    partition.canaryAmong(of, at);
    const [song] = partition.log.slice(-1);
    if (!song) throw new Error('no canary');
    return partition.task.input(song, T0 + at);
  }

  test('is passed on once, with a word of where it went, when a canary proves how many partitions there are', () => {
    const partition = new Partition(MORE);
    partition.restart();
    partition.task.table(ofTable(LEAVES), T0, false);
    expect(atCanary(partition, FEWER, 0).outputs).toEqual([]);
    const { outputs, changelog } = atCanary(partition, MORE, 1_000);
    const copy = outputs.find(({ topic }) => topic === 'detectors');
    expect(copy).toMatchObject({ key: String(LEAVES), partition: partitionOf(String(LEAVES), MORE), timestamp: T0 });
    expect(copy?.headers).toMatchObject({ bridge: 'a', ce_type: 'smokewire.detector.registered' });
    expect(JSON.parse(String(copy?.value))).toMatchObject({ id: LEAVES, heartbeatMs: 1_000 });
    expect(changelog.filter(({ topic }) => topic === 'detectors')).toMatchObject([
      { key: String(LEAVES), partition: 0 },
    ]);
    expect(changelog.map((record) => movedAmong(received(record, 0)))).toContain(MORE);
    expect(atCanary(partition, MORE, 2_000).outputs.filter(({ topic }) => topic === 'detectors')).toEqual([]);
  });

  test('and was moved already is not passed on again, nor is what was left in its place', () => {
    const left = received(movedRecord(ofTable(LEAVES), MORE), 1);
    for (const restoring of [true, false]) {
      const partition = new Partition(MORE);
      partition.restart();
      partition.task.table(ofTable(LEAVES), T0, restoring);
      partition.task.table(left, T0, restoring);
      expect(atCanary(partition, MORE, 0).outputs.filter(({ topic }) => topic === 'detectors')).toEqual([]);
    }
  });

  test('and was written while an older one was moved is passed on', () => {
    const partition = new Partition(MORE);
    partition.restart();
    partition.task.table(ofTable(LEAVES, 1_000), T0, true);
    partition.task.table(received(movedRecord(ofTable(LEAVES), MORE), 1), T0, true);
    expect(atCanary(partition, MORE, 2_000).outputs.filter(({ topic }) => topic === 'detectors')).toHaveLength(1);
  });

  test('is left where those put it who know of more partitions', () => {
    const partition = new Partition(FEWER);
    partition.restart();
    const { topic, key, value, timestamp } = ofTable(COMES);
    partition.task.table(received(movedCopy({ topic, key, value, timestamp }, 0, MORE), 0), T0, false);
    const { outputs, changelog } = atCanary(partition, FEWER, 1_000);
    expect([...outputs, ...changelog].filter((record) => record.topic === 'detectors')).toEqual([]);
  });

  test('is nobody who is judged here', () => {
    const partition = withOneDead(LEAVES, MORE);
    sing(partition, MORE, 1, 30);
    expect(partition.headlines()).toEqual([]);
    expect(partition.tables.get('detector-states')?.has(String(LEAVES))).toBe(false);
  });

  test('and says that there is none any more, counts while it is news', () => {
    const tombstone = { ...ofTable(LEAVES), value: null, headers: {} };
    const partition = new Partition(MORE);
    partition.restart();
    partition.task.table(tombstone, T0, true);
    expect(atCanary(partition, MORE, 0).outputs.filter(({ topic }) => topic === 'detectors')).toEqual([]);
    partition.task.table(tombstone, T0, false);
    const { outputs, changelog } = atCanary(partition, MORE, 1_000);
    expect(outputs.filter(({ topic }) => topic === 'detectors')).toMatchObject([{ key: String(LEAVES), value: null }]);
    expect(changelog.filter(({ topic }) => topic === 'detectors')).toEqual([]);
  });
});

describe('what was told of a detector that moves', () => {
  /** A partition to which everything is moved that another one knew of `id`. */
  function movedTo(from: Partition, id: number): Partition {
    const to = new Partition(MORE);
    to.whileDown(() => {
      for (const [topic, records] of from.tables) {
        const record = records.get(String(id));
        const copy = record && rekeyed({ ...record, topic });
        if (copy) to.tables.set(topic, new Map([[String(id), received(copy, 0)]]));
      }
    });
    return to;
  }

  test('is that it is silent: it is not told again, and its end is, under the same incident', () => {
    const from = withOneDead(COMES, 1);
    sing(from, 1, 1, 6);
    const [opened] = from.told;
    const to = movedTo(from, COMES);
    sing(to, MORE, 10, 40);
    expect(to.told).toEqual([]);
    to.signal(COMES, 40_500);
    to.read();
    expect(to.told).toMatchObject([{ change: 'closed', incident: opened?.incident, episode: 1 }]);
    sing(to, MORE, 41, 50);
    expect(to.told.slice(1)).toMatchObject([{ change: 'opened', episode: 2 }]);
  });

  test('is that it is heard: it has its whole window again, from the first canary on', () => {
    const to = movedTo(withOneDead(COMES, 1), COMES);
    sing(to, MORE, 10, 14);
    expect(to.told).toEqual([]);
    sing(to, MORE, 15, 16);
    expect(to.headlines()).toEqual([`opened detector/${COMES}`]);
  });

  test('counts from the beginning of the partition that it is in now', () => {
    const from = withOneDead(COMES, 1);
    sing(from, 1, 1, 6);
    const record = from.tables.get('detector-states')?.get(String(COMES));
    const copy = record && rekeyed({ ...record, topic: 'detector-states' });
    expect(JSON.parse(String(copy?.value))).toMatchObject({ state: 'silent', episode: 1, offset: -1 });
    expect(JSON.parse(String(copy?.value))).not.toHaveProperty('judged');
    expect(copy && headerOf(received(copy, 0), 'ce_id')).toBe(record && headerOf(record, 'ce_id'));
  });

  test('moves as it is where it cannot be read, and what is told of the pipeline stays', () => {
    const broken = { ...ofTable(COMES), topic: 'detector-states', value: Buffer.from('?') };
    expect(String(rekeyed(broken)?.value)).toBe('?');
    expect(rekeyed({ ...broken, key: '-1@watchdog' })).toBeUndefined();
  });
});

test('who was announced through a bridge that has never sung here is judged by those that sing', () => {
  const partition = new Partition();
  partition.restart();
  partition.write({ ...ofTable(8, -1_000), headers: { ...ofTable(8).headers, bridge: 'gone' } });
  for (let second = 0; second <= 30; second++) partition.canary(second * 1_000);
  partition.read();
  expect(partition.headlines()).toEqual([]);
  for (let second = 31; second <= 40; second++) partition.canary(second * 1_000);
  partition.read();
  expect(partition.headlines()).toEqual(['opened detector/8']);
});

test('who was announced through a bridge that sings here at last has its whole window from then on', () => {
  const partition = new Partition();
  partition.restart();
  partition.write({ ...ofTable(8, -1_000, 10_000), headers: { ...ofTable(8).headers, bridge: 'late' } });
  for (let second = 0; second < 50; second++) partition.canary(second * 1_000);
  for (let second = 50; second <= 80; second++) {
    partition.canary(second * 1_000);
    partition.canary(second * 1_000 + 1, 'late');
  }
  partition.read();
  expect(partition.headlines()).toEqual([]);
  for (let second = 81; second <= 84; second++) partition.canary(second * 1_000, 'late');
  partition.read();
  expect(partition.headlines()).toEqual(['opened detector/8']);
});
