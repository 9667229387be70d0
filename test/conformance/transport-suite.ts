import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { realClock } from '../../app/clock.ts';
import { Life } from '../../app/life.ts';
import { PARTITIONS, TOPICS } from '../../contracts/kafka-topics.ts';
import { unwatched } from '../../contracts/transit.ts';
import { listGroups } from '../../transport/kafka/admin.ts';
import { keyedTask } from '../../transport/kafka/keyed-task.ts';
import { SESSION_TIMEOUT_MS } from '../../transport/kafka/membership.ts';
import { ensureTopics } from '../../transport/kafka/topics.ts';
import type { TaskDefinition } from '../../transport/kafka/types.ts';
import type { Lifeline } from '../../transport/lifeline.ts';
import { eventually, within } from '../support/eventually.ts';
import { recordingLogger } from '../support/logger.ts';
import { KafkaSite, noSockets, signal, valuesOf } from '../transport/kafka/site.ts';

/** A Kafka cluster that the transport is tried on. */
export interface TransportTarget {
  readonly brokers: readonly string[];
  /** Takes all brokers away, keeping what they hold, and answers with what brings them back on the same addresses. */
  readonly outage: () => Promise<() => Promise<void>>;
}

/** Passes each signal on as an alarm: no state, no time. */
const passing: TaskDefinition = {
  role: 'filter',
  inputs: ['signals'],
  createTask: () => ({
    input: ({ key, value, timestamp }) => ({ outputs: [{ topic: 'alarms', key, value, timestamp }], changelog: [] }),
  }),
};

/** Numbers the alarms of each key: a state that must neither lose nor repeat a step. */
const counting: TaskDefinition = {
  role: 'floor-controller',
  inputs: ['alarms'],
  tables: ['floor-controller.state'],
  createTask: (partition) =>
    keyedTask({
      partition,
      stateSchema: z.int(),
      changelogTopic: 'floor-controller.state',
      keyOf: ({ key }) => key ?? undefined,
      step: (count = 0, { key, value, timestamp }) => ({
        state: count + 1,
        outputs: [{ topic: 'valve-commands', key, value: `${value}=${count + 1}`, timestamp }],
      }),
    }),
};

const KEYS = 24;
/** Signals `from` to `to`, dealt out to the keys; the n-th of a key has n in its value. */
const signals = (from: number, to: number) =>
  [...Array(to - from).keys()].map((i) => {
    const n = from + i;
    return signal(`k${n % KEYS}`, `k${n % KEYS}:${Math.floor(n / KEYS) + 1}`);
  });
/** What the two roles make of the first `count` signals, without repetitions, sorted. */
const outcomes = (count: number) =>
  signals(0, count)
    .map(({ value }) => `${value}=${String(value).split(':')[1]}`)
    .toSorted();
const distinct = (values: readonly string[]) => [...new Set(values)].toSorted();

/** What the site relies on in any Kafka, embedded or real. `target` is asked when a test runs. */
export function transportConformance(name: string, target: () => TransportTarget): void {
  /** Topics and groups of its own for each test, so that they can share a cluster. */
  const ownSite = async () => {
    const site = new KafkaSite(target().brokers, `${randomUUID()}.`);
    await ensureTopics(site.client);
    return site;
  };

  describe(`transport on ${name}`, { timeout: 30_000 }, () => {
    test('topics can be made by several processes at once, and once more', async () => {
      const site = new KafkaSite(target().brokers, `${randomUUID()}.`);
      await Promise.all([ensureTopics(site.client), ensureTopics(site.client), ensureTopics(site.client)]);
      await ensureTopics(site.client);
      const producer = await site.producer();
      const everywhere = [...TOPICS.keys()].flatMap((topic) =>
        [...Array(PARTITIONS).keys()].map((partition) => ({ ...signal('1', '1'), topic, partition })),
      );
      await within('every partition takes a record', producer.send(everywhere));
    });

    test('signals pass through two roles, each once and in the order of its key', async () => {
      const site = await ownSite();
      const producer = await site.producer();
      await site.started(site.runner(passing));
      await site.started(site.runner(counting));
      const commands = await site.records('valve-commands');
      for (let i = 0; i < 20; i++) await producer.send(signals(i * 100, (i + 1) * 100));
      await eventually('all commands are there', () => commands.length >= 2_000);
      expect(valuesOf(commands).toSorted()).toEqual(outcomes(2_000));
    });

    test('members come and go, and the state moves with its partition', async () => {
      const site = await ownSite();
      const producer = await site.producer();
      const commands = await site.records('valve-commands');
      await site.started(site.runner(passing));
      const first = await site.started(site.runner(counting));
      await producer.send(signals(0, 500));
      await eventually('the first 500', () => distinct(valuesOf(commands)).length === 500);
      const second = await site.started(site.runner(counting));
      await producer.send(signals(500, 1_000));
      await eventually('1,000', () => distinct(valuesOf(commands)).length === 1_000);
      const [group] = (await listGroups(site.client)).filter((view) => view.group === 'floor-controller');
      expect(group).toMatchObject({ state: 'Stable', members: 2 });
      await first.stop();
      await producer.send(signals(1_000, 1_500));
      await eventually('1,500', () => distinct(valuesOf(commands)).length === 1_500);
      await second.stop();
      expect(distinct(valuesOf(commands))).toEqual(outcomes(1_500));
    });

    test('a runner that stops has committed what it did and left its group', async () => {
      const site = await ownSite();
      const producer = await site.producer();
      const alarms = await site.records('alarms');
      const runner = await site.started(site.runner(passing));
      await producer.send(signals(0, 100));
      await eventually('all alarms', () => alarms.length === 100);
      const before = performance.now();
      await runner.stop();
      expect(performance.now() - before).toBeLessThan(1_000);
      const [group] = await listGroups(site.client);
      expect(group).toMatchObject({ group: 'filter', state: 'Empty', members: 0 });
      expect(group?.partitions.reduce((sum, { committed }) => sum + (committed ?? 0), 0)).toBe(100);
      expect(group?.partitions.every(({ lag }) => lag === 0)).toBe(true);
      const successor = await site.started(site.runner(passing));
      await producer.send([signal('sentinel', 'sentinel')]);
      await eventually('the sentinel', () => valuesOf(alarms).includes('sentinel'));
      expect(alarms).toHaveLength(101);
      await successor.stop();
    });

    test('a reader begins at the beginning, at the end or at an offset', async () => {
      const site = await ownSite();
      const producer = await site.producer();
      await producer.send([...Array(5).keys()].map((i) => ({ ...signal('1', String(i)), partition: 1 })));
      const seen: Record<string, string[]> = { beginning: [], end: [], offset: [] };
      await Promise.all([
        site.follow('signals', 'beginning', ({ value }) => seen['beginning']?.push(String(value))),
        site.follow('signals', 'end', ({ value }) => seen['end']?.push(String(value))),
        site.follow('signals', new Map([[1, 3]]), ({ value }) => seen['offset']?.push(String(value))),
      ]);
      expect(seen).toEqual({ beginning: ['0', '1', '2', '3', '4'], end: [], offset: ['3', '4'] });
      await producer.send([{ ...signal('1', '5'), partition: 1 }]);
      await eventually('all have the new one', () => Object.values(seen).every((values) => values.includes('5')));
      expect(seen['end']).toEqual(['5']);
      expect(await listGroups(site.client)).toEqual([]);
    });

    test('who was killed has its partitions back at once under the same instance, and nobody else notices', async () => {
      const named = (instance: string, lifeline?: Lifeline) =>
        new KafkaSite(target().brokers, prefix, { instance, ...(lifeline && { lifeline }) });
      const { topicPrefix: prefix } = (await ownSite()).client;
      const life = new Life({ clock: realClock, wireClock: realClock, logger: recordingLogger(), transit: unwatched });
      const other = named('other');
      const commands = await other.records('valve-commands');
      await other.started(other.runner(passing));
      await other.started(other.runner(counting));
      const mortal = named('mortal', life);
      await mortal.started(mortal.runner(counting));
      await eventually('both have their share', async () => {
        const group = (await listGroups(other.client)).find((view) => view.group === 'floor-controller');
        return group?.state === 'Stable' && group.members === 2;
      });
      const joins = () => other.logger.lines.filter(({ message }) => message === 'joined the group').length;
      const before = joins();

      life.end();
      const producer = await other.producer();
      await producer.send(signals(0, 500));
      const successor = named('mortal');
      const killed = performance.now();
      await successor.started(successor.runner(counting));
      expect(performance.now() - killed, 'well before the session is over').toBeLessThan(SESSION_TIMEOUT_MS / 2);
      await eventually('all that came meanwhile is done', () => distinct(valuesOf(commands)).length === 500);
      expect(distinct(valuesOf(commands))).toEqual(outcomes(500));
      expect(joins(), 'the other one went on').toBe(before);
    });

    test('of two processes of one instance the older one is over, and says so', async () => {
      const { topicPrefix: prefix } = (await ownSite()).client;
      const [older, newer] = [0, 1].map(() => new KafkaSite(target().brokers, prefix, { instance: 'same' }));
      if (!older || !newer) throw new Error('two are needed');
      const alarms = await newer.records('alarms');
      const former = await older.started(older.runner(passing));
      await newer.started(newer.runner(passing));
      const place = 'filter: another process of the same instance has taken its place';
      await eventually('the older one to notice', () => former.missing().includes(place));
      expect(older.logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);

      const producer = await newer.producer();
      await producer.send(signals(0, 100));
      await producer.send([signal('sentinel', 'sentinel')]);
      await eventually('the sentinel', () => valuesOf(alarms).includes('sentinel'));
      await eventually('all alarms', () => alarms.length >= 101);
      expect(alarms).toHaveLength(101);
      const [group] = await listGroups(newer.client);
      expect(group).toMatchObject({ group: 'filter', state: 'Stable', members: 1 });
    });

    // A node of Apache Kafka that was killed is let in again only when its old session has run out.
    test('an outage interrupts, and loses nothing', { timeout: 120_000 }, async () => {
      const site = await ownSite();
      const producer = await site.producer();
      const commands = await site.records('valve-commands');
      const runners = [await site.started(site.runner(passing)), await site.started(site.runner(counting))];
      await producer.send(signals(0, 500));
      // What is not committed when Kafka goes is done again, and whoever counts cannot know that it is the same.
      await eventually('500 are done and committed', async () => {
        const groups = await listGroups(site.client);
        const behind = groups.some(
          ({ partitions }) => partitions.length === 0 || partitions.some(({ lag }) => lag > 0),
        );
        return !behind && distinct(valuesOf(commands)).length === 500;
      });
      const backAgain = await target().outage();
      const sent = producer.send(signals(500, 1_000));
      await eventually('everybody says that Kafka is missing', () =>
        [producer, ...runners].every((service) => service.missing().length > 0),
      );
      await backAgain();
      await within('what was sent meanwhile is acknowledged', sent, 60_000);
      await eventually('1,000', () => distinct(valuesOf(commands)).length === 1_000, 60_000);
      expect(distinct(valuesOf(commands))).toEqual(outcomes(1_000));
      await eventually('all are ready', () => runners.every((runner) => runner.missing().length === 0));
    });

    test('nothing is left when all have stopped', async () => {
      const site = await ownSite();
      const services = [site.runner(passing), site.runner(counting)];
      await Promise.all(services.map((service) => service.start()));
      await Promise.all(services.map((service) => service.stop()));
      await noSockets();
    });
  });
}
