import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { realClock } from '../../app/clock.ts';
import type { DetectorAction } from '../../contracts/http.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { listGroups, withAdmin } from '../../transport/kafka/admin.ts';
import { kafkaClient } from '../../transport/kafka/client.ts';
import { partitionOf } from '../../transport/kafka/partition.ts';
import { TopicReader } from '../../transport/kafka/reader.ts';
import { eventually } from '../support/eventually.ts';
import { recordingLogger } from '../support/logger.ts';
import { RoleProcesses } from '../support/role-processes.ts';
import { ApacheKafka } from './servers/kafka.ts';

const DETECTORS = 1_000;
/** Of `signals`, once some are added. */
const MORE = 7;
const FLOORS = 100;
/** 3 misses of 1 s, and 1 s: the defaults. */
const WINDOW_S = 4;
/** By then whoever was to be told of what has happened has been. */
const QUIET_S = WINDOW_S + 5;

/** One of its own, since it is taken away. */
const kafka = new ApacheKafka();
let site: RoleProcesses;
/** How often each canary has sung, by its partition. */
const songs = [0, 0, 0, 0];
/** Whom a watchdog has ever taken for silent, told or not, and to whom something was done. */
const silent = new Set<number>();
const touched = new Set<number>();
let reader: TopicReader;

beforeAll(async () => {
  await kafka.start();
  const { url, bridge } = inject('mqtt');
  const servers = { kafka: [kafka.address], mqtt: url, mqttUsername: bridge.username, mqttPassword: bridge.password };
  site = new RoleProcesses(servers, `site-${randomUUID().slice(0, 8)}`, {
    SMOKEWIRE_DETECTORS: String(DETECTORS),
    SMOKEWIRE_FLOORS: String(FLOORS),
  });
  await site.start();
  await Promise.all([site.run('watchdog', ['watchdog']), site.run('notifiers', ['router', 'email'])]);
  await Promise.all([site.run('bridge', ['bridge']), site.run('canary', ['canary'])]);
  reader = new TopicReader({
    client: client(),
    name: 'canaries and states',
    topics: new Map([
      ['signals', 'beginning'],
      ['detector-states', 'beginning'],
    ]),
    onRecord: ({ topic, key, value, partition }) => {
      const id = Number(key);
      if (topic === 'signals' && id < 0) songs[partition] = (songs[partition] ?? 0) + 1;
      if (topic === 'detector-states' && id > 0 && value?.includes('"state":"silent"')) silent.add(id);
    },
  });
  await reader.start();
  await site.run('detectors', ['detectors']);
  await sung(WINDOW_S);
});

afterAll(async () => {
  await reader.stop();
  await site.stop();
  await kafka.stop();
});

function client() {
  const { topicPrefix } = site;
  const common = { clientId: 'test', logger: recordingLogger(), wireClock: realClock };
  return kafkaClient({ brokers: [kafka.address], topicPrefix, ...common });
}

async function act(id: number, action: DetectorAction): Promise<void> {
  touched.add(id);
  await site.act(id, action);
}

/** Resolves once each canary has sung for so many seconds more. */
async function sung(seconds: number): Promise<void> {
  const until = songs.map((count) => count + seconds);
  await eventually(
    `${seconds} more seconds of song`,
    () => songs.every((count, partition) => count >= (until[partition] ?? 0)),
    60_000,
  );
}

/** Resolves when every window has passed, where no canary tells. */
async function windowsPassed(): Promise<void> {
  const end = performance.now() + 2 * WINDOW_S * 1_000;
  await eventually('every window to pass', () => performance.now() > end, 60_000);
}

/** What was told since the last time: `Fault 17`, `Recovered pipeline`, once for each id. */
const known = new Set<string>();
function news(): string[] {
  const fresh = site.mails().filter(({ id }) => !known.has(id));
  return [...new Map(fresh.map(({ id, subject }) => [id, wordsOf(subject)])).values()].toSorted();
}

function wordsOf(subject: string): string {
  const [, change, about] = /^(\w+): (?:detector (\d+)|pipeline)/.exec(subject) ?? [];
  return change === undefined ? subject : `${change} ${about ?? 'pipeline'}`;
}

/** Nothing but this is told, each once, whatever is waited for. */
async function expectNews(...expected: readonly string[]): Promise<void> {
  await eventually(`news: ${expected.join(', ')}`, () => expected.every((words) => news().includes(words)), 60_000);
  await sung(QUIET_S);
  expect(news()).toEqual(expected.toSorted());
  // What is held back before it is told, and withdrawn, was wrong all the same.
  expect([...silent].filter((id) => !touched.has(id))).toEqual([]);
  for (const { id } of site.mails()) known.add(id);
}

const LONG = { timeout: 120_000 };

describe('1,000 detectors on Apache Kafka', () => {
  test(
    'a watchdog that was dead for longer than every window tells of the dead, and of nobody else',
    LONG,
    async () => {
      await act(101, 'silence');
      await expectNews('Fault 101');

      await site.kill('watchdog');
      await Promise.all([act(217, 'silence'), act(333, 'kill'), act(712, 'kill')]);
      await Promise.all([act(101, 'revive'), act(455, 'silence'), act(902, 'silence')]);
      await sung(1);
      await act(902, 'revive');
      await sung(2 * WINDOW_S);
      await act(455, 'revive');
      await sung(1);
      await site.restart('watchdog');
      const dead = ['Fault 217', 'Fault 333', 'Fault 712'];
      await eventually('the dead to be told', () => dead.every((words) => news().includes(words)), 30_000);
      // Who was missing for longer than its window, and is back, may be told as both.
      const cameBack = news().some((words) => words.endsWith(' 455')) ? ['Fault 455', 'Recovered 455'] : [];
      await expectNews('Recovered 101', ...dead, ...cameBack);
    },
  );

  test('a bridge that was dead for longer than every window is the pipeline, and no detector', LONG, async () => {
    await site.kill('bridge');
    await eventually('the pipeline to be told', () => news().includes('Fault pipeline'), 30_000);
    await Promise.all([act(418, 'silence'), act(519, 'kill'), act(217, 'revive')]);
    await windowsPassed();
    await site.restart('bridge');
    await expectNews('Fault pipeline', 'Recovered pipeline', 'Recovered 217', 'Fault 418', 'Fault 519');
  });

  const outages = [
    { how: 'was stopped', dead: 620, away: () => kafka.outage() },
    { how: 'stood still', dead: 721, away: async () => kafka.freeze() },
  ];
  for (const { how, dead, away } of outages) {
    test(`a Kafka that ${how} for longer than every window is no detector`, LONG, async () => {
      const back = await away();
      await act(dead, 'silence');
      await windowsPassed();
      await back();
      await eventually('the dead one to be told', () => news().includes(`Fault ${dead}`), 60_000);
      // The pipeline's own fault cannot be written until it is over: it is told late, or not at all.
      const pipeline = news().includes('Fault pipeline') ? ['Fault pipeline', 'Recovered pipeline'] : [];
      await expectNews(`Fault ${dead}`, ...pipeline);
    });
  }

  test('a second watchdog takes over, and gives back', LONG, async () => {
    await site.run('second', ['watchdog']);
    const members = async () => (await listGroups(client())).find(({ group }) => group === 'watchdog')?.members;
    await eventually('both are members', async () => (await members()) === 2);
    await site.kill('watchdog');
    await Promise.all([act(822, 'silence'), act(923, 'kill'), act(333, 'revive')]);
    await expectNews('Fault 822', 'Fault 923', 'Recovered 333');
    await site.restart('watchdog');
    await act(822, 'revive');
    await expectNews('Recovered 822');
  });

  test('partitions that are added get their canary, and their detectors move without a word', LONG, async () => {
    const moved = (id: number) => partitionOf(String(id), MORE) !== partitionOf(String(id), PARTITIONS);
    const [first = 0, second = 0, third = 0] = [...Array(100).keys()].map((i) => 200 + i).filter(moved);
    await act(first, 'silence');
    await expectNews(`Fault ${first}`);
    const topicPartitions = [{ topic: `${site.topicPrefix}signals`, count: MORE }];
    await withAdmin(client(), (admin) => admin.createPartitions({ topicPartitions }));
    while (songs.length < MORE) songs.push(0);
    // It is dead before anybody has heard it in its new partition.
    await act(second, 'kill');
    await expectNews(`Fault ${second}`);
    await Promise.all([act(first, 'revive'), act(third, 'silence')]);
    await expectNews(`Recovered ${first}`, `Fault ${third}`);
    await site.kill('watchdog');
    await act(third, 'revive');
    await site.restart('watchdog');
    await expectNews(`Recovered ${third}`);
  });
});
