import { expect, test } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import { type InRecord, movedAmong, type OutRecord } from '../../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import { withAdmin } from '../../../transport/kafka/admin.ts';
import { partitionOf } from '../../../transport/kafka/partition.ts';
import { NOTHING, type RecordSink, type Task, type TaskDefinition } from '../../../transport/kafka/types.ts';
import { eventually, within } from '../../support/eventually.ts';
import { embeddedSite, type KafkaSite, signal } from './site.ts';

const MORE = 7;
const KEYS = [...Array(40).keys()].map(String);

/** A member of a group that owns a topic that may grow, and a table beside it: what each partition's newest task knows. */
class Owner {
  /** Once it is restored. */
  readonly table = new Map<number, Map<string, string>>();
  /** How many partitions each task was told that there are. */
  readonly of = new Map<number, number>();
  readonly heard: InRecord[] = [];
  readonly definition: TaskDefinition = {
    role: 'owner',
    inputs: ['signals'],
    tables: ['detectors'],
    rekeyed: ({ topic, key, value, timestamp }) => ({ topic, key, value, timestamp }),
    createTask: (partition, partitions) => this.#task(partition, partitions),
  };

  #task(partition: number, partitions: number): Task {
    const table = new Map<string, string>();
    return {
      table({ key, value }) {
        if (key !== null && value === null) table.delete(key);
        else if (key !== null) table.set(key, String(value));
        return NOTHING;
      },
      restored: () => {
        this.table.set(partition, table);
        this.of.set(partition, partitions);
        return new Map();
      },
      input: (record) => {
        this.heard.push(record);
        return NOTHING;
      },
      dropped: () => {
        if (this.table.get(partition) !== table) return;
        this.table.delete(partition);
        this.of.delete(partition);
      },
    };
  }
}

async function add(site: KafkaSite, topic: string, count: number): Promise<void> {
  const topicPartitions = [{ topic: site.client.topicPrefix + topic, count }];
  await withAdmin(site.client, (admin) => admin.createPartitions({ topicPartitions }));
}

async function countOf(site: KafkaSite, topic: string): Promise<number> {
  const name = site.client.topicPrefix + topic;
  const { topics } = await withAdmin(site.client, (admin) => admin.fetchTopicMetadata({ topics: [name] }));
  return topics[0]?.partitions.length ?? 0;
}

function entry(key: string, value: string, rest: Partial<OutRecord> = {}): OutRecord {
  return { topic: 'detectors', key, value, timestamp: realClock.now(), ...rest };
}

/** What a table with `KEYS` is once they are dealt out to `count` partitions. */
function dealtOut(count: number, saying: (key: string) => string = (key) => `of ${key}`) {
  const table = new Map([...Array(count).keys()].map((p): [number, Map<string, string>] => [p, new Map()]));
  for (const key of KEYS) table.get(partitionOf(key, count))?.set(key, saying(key));
  return table;
}

function togetherOf(...owners: Owner[]) {
  return new Map(owners.flatMap(({ table }) => [...table]).toSorted(([a], [b]) => a - b));
}

test('the members of a group share partitions that are added, and find their keys there', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  await producer.send(KEYS.map((key) => entry(key, `of ${key}`)));
  const owners = [new Owner(), new Owner()] as const;
  for (const { definition } of owners) await site.started(site.runner(definition));
  await eventually('each has its share', () => owners.every(({ table }) => table.size === PARTITIONS / 2));
  expect(togetherOf(...owners)).toEqual(dealtOut(PARTITIONS));

  await add(site, 'signals', MORE);
  await eventually('all are owned', () => owners.reduce((sum, { of }) => sum + of.size, 0) === MORE);
  expect(owners.flatMap(({ of }) => [...of.values()])).toEqual(Array(MORE).fill(MORE));
  expect(togetherOf(...owners)).toEqual(dealtOut(MORE));
  expect(await countOf(site, 'detectors')).toBe(MORE);

  await eventually('who writes knows as well', () => producer.partitionsOf('detectors') === MORE);
  await producer.send(KEYS.map((key) => signal(key, '0')));
  const heard = () => owners.flatMap((owner) => owner.heard);
  await eventually('all are heard', () => heard().length === KEYS.length);
  expect(heard().filter(({ key, partition }) => partition !== partitionOf(key ?? '', MORE))).toEqual([]);
});

test('topics that others are owned with keep their partitions, and their keys', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const arrived = await site.records('alarms');
  await producer.send(KEYS.map((key) => ({ ...signal(key, '1'), topic: 'alarms' })));
  await add(site, 'alarms', MORE);
  const later = await site.producer();
  await later.send(KEYS.map((key) => ({ ...signal(key, '1'), topic: 'alarms' })));
  await eventually('all have arrived', () => arrived.length === 2 * KEYS.length);
  expect(arrived.filter(({ key, partition }) => partition !== partitionOf(key ?? '', PARTITIONS))).toEqual([]);
});

test('who reads a topic without a group reads what is added to it from its first record on', async () => {
  const site = await embeddedSite();
  const arrived = await site.records('signals');
  await add(site, 'signals', MORE);
  const producer = await site.producer();
  await producer.send(KEYS.map((key) => signal(key, '0')));
  await eventually('all have arrived', () => arrived.length === KEYS.length);
  expect(new Set(arrived.map(({ partition }) => partition)).size).toBe(MORE);
});

test.each([
  ['before the copies are written', 1, 'before'],
  ['after the copies are written', 1, 'after'],
  ['after what is left was written', 2, 'after'],
] as const)('a crash %s loses nothing', async (_, breaksAt, when) => {
  const site = await embeddedSite();
  const producer = await site.producer();
  await producer.send(KEYS.map((key) => entry(key, `of ${key}`)));
  const records = await site.records('detectors');
  const owner = new Owner();
  let sends = 0;
  const breaking: RecordSink = {
    async send(some) {
      sends++;
      if (sends === breaksAt && when === 'before') throw new Error('broken on purpose');
      await producer.send(some);
      if (sends === breaksAt) throw new Error('broken on purpose');
    },
  };
  await site.started(site.runner(owner.definition, breaking));
  await add(site, 'signals', MORE);
  await eventually('all are moved', () => owner.table.size === MORE);
  expect(togetherOf(owner)).toEqual(dealtOut(MORE));
  expect(sends).toBeGreaterThanOrEqual(breaksAt);
  const copies = records.filter(({ partition, value }) => value !== null && partition >= PARTITIONS);
  expect(copies.length).toBe(new Set(copies.map(({ key }) => key)).size);
});

test('what a producer wrote that knew sooner is newer than what is moved', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const owner = new Owner();
  const before = realClock.now() - 1_000;
  await producer.send(KEYS.map((key) => entry(key, 'old', { timestamp: before })));
  await add(site, 'detectors', MORE);
  await producer.send(KEYS.map((key) => entry(key, 'new', { partition: partitionOf(key, MORE) })));
  const records = await site.records('detectors');
  await site.started(site.runner(owner.definition));
  expect(togetherOf(owner)).toEqual(dealtOut(MORE, () => 'new'));
  const left = records.filter((record) => movedAmong(record) === MORE).map(({ key }) => key);
  expect(left.toSorted()).toEqual(
    KEYS.filter((key) => partitionOf(key, MORE) !== partitionOf(key, PARTITIONS)).toSorted(),
  );
});

test('a partition that was just added can be written to at once, and nobody is worried', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  await producer.send([entry('1', 'before')]);
  await add(site, 'detectors', MORE);
  await producer.send([entry('1', 'after', { partition: MORE - 1 })]);
  expect(site.logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
});

test('who waits for what is moved can be stopped all the same', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  await producer.send(KEYS.map((key) => entry(key, `of ${key}`)));
  await add(site, 'detectors', MORE);
  let asked = false;
  const away: RecordSink = {
    send: () => {
      asked = true;
      return new Promise(() => {});
    },
  };
  const runner = site.runner(new Owner().definition, away);
  const starting = runner.start();
  await eventually('it moves keys', () => asked);
  await within('it is stopped', runner.stop());
  await expect(starting).rejects.toMatchObject({ code: 'STOPPED' });
});
