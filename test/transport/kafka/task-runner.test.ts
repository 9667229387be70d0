import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { realClock } from '../../../app/clock.ts';
import { SmokewireError } from '../../../contracts/errors.ts';
import { headerOf } from '../../../contracts/kafka-records.ts';
import { listGroups } from '../../../transport/kafka/admin.ts';
import { kafkaClient } from '../../../transport/kafka/client.ts';
import { keyedTask } from '../../../transport/kafka/keyed-task.ts';
import { TaskRunner } from '../../../transport/kafka/task-runner.ts';
import { type Committed, NOTHING, type RecordSink, type TaskDefinition } from '../../../transport/kafka/types.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { embeddedSite, type KafkaSite, noSockets, signal, valuesOf } from './site.ts';

/** Numbers the signals of each key; the id of what it says is derived from its cause. */
const counting: TaskDefinition = {
  role: 'floor-controller',
  inputs: ['signals'],
  tables: ['floor-controller.state'],
  createTask: (partition) =>
    keyedTask({
      partition,
      stateSchema: z.int(),
      changelogTopic: 'floor-controller.state',
      keyOf: ({ key }) => key ?? undefined,
      step: (count = 0, { key, offset, timestamp }) => ({
        state: count + 1,
        outputs: [{ topic: 'alarms', key, value: `${key} ${count + 1}`, headers: { ce_id: `${offset}` }, timestamp }],
      }),
    }),
};

const committedOf = async (site: KafkaSite, role: string) => {
  const group = (await listGroups(site.client)).find((view) => view.group === role);
  return group?.partitions.reduce((sum, { committed }) => sum + (committed ?? 0), 0) ?? 0;
};

/** A sink that breaks once, at the first send to `topic`: before it is written, or after, as a crash would. */
function breaking(sink: RecordSink, topic: string, when: 'before' | 'after'): RecordSink {
  let broke = false;
  return {
    async send(records) {
      const breaks = !broke && records.some((record) => record.topic === topic);
      broke ||= breaks;
      if (breaks && when === 'before') throw new Error('broken on purpose');
      await sink.send(records);
      if (breaks) throw new Error('broken on purpose');
    },
  };
}

describe('a crash', () => {
  test.each([
    ['before the outputs are written', 'alarms', 'before', 10],
    ['between outputs and changelog', 'floor-controller.state', 'before', 20],
    ['after the outputs were written, unheard', 'alarms', 'after', 20],
    ['between changelog and commit', 'floor-controller.state', 'after', 10],
  ] as const)('%s repeats what is not known to be done, with the same ids', async (_, topic, when, written) => {
    const site = await embeddedSite();
    const producer = await site.producer();
    const alarms = await site.records('alarms');
    await producer.send([...Array(10).keys()].map(() => signal('1', '1')));
    await site.started(site.runner(counting, breaking(producer, topic, when)));
    await eventually('the consumer is made anew', async () => {
      const { values } = await site.metrics.consumerRestarts.get();
      return values.some(({ labels, value }) => labels.role === 'floor-controller' && value === 1);
    });
    await producer.send([signal('1', 'one more')]);
    await eventually('the last one is counted', () => valuesOf(alarms).includes('1 11'));
    expect(alarms).toHaveLength(written + 1);
    const ids = alarms.map((alarm) => `${alarm.value} is ${headerOf(alarm, 'ce_id')}`);
    expect(new Set(ids)).toEqual(new Set([...Array(11).keys()].map((i) => `1 ${i + 1} is ${i}`)));
    await eventually('it is committed', async () => (await committedOf(site, 'floor-controller')) === 11);
  });
});

test('nothing is committed before it is acknowledged', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  let release: () => void = () => {};
  const sink: RecordSink = {
    send: () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  };
  const stalling: TaskDefinition = {
    role: 'filter',
    inputs: ['signals', 'alarms'],
    createTask: () => ({
      input: ({ topic }) => (topic === 'alarms' ? NOTHING : { outputs: [signal('1', 'out')], changelog: [] }),
    }),
  };
  await site.started(site.runner(stalling, sink));
  await producer.send([{ ...signal('1', '1'), partition: 0 }]);
  // Done and committed on another partition, so a commit went by.
  await producer.send([{ ...signal('1', '1'), topic: 'alarms', partition: 1 }]);
  await eventually('a commit', async () => (await committedOf(site, 'filter')) === 1);
  release();
  await eventually('the commit of the other', async () => (await committedOf(site, 'filter')) === 2);
});

test('work that ends after its claim was lost is not committed', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const releases: (() => void)[] = [];
  let stall = true;
  const sink: RecordSink = {
    send: (records) => (stall ? new Promise((resolve) => releases.push(resolve)) : producer.send(records)),
  };
  const passing: TaskDefinition = {
    role: 'filter',
    inputs: ['signals'],
    createTask: () => ({
      input: ({ key, value, timestamp }) => ({ outputs: [{ topic: 'alarms', key, value, timestamp }], changelog: [] }),
    }),
  };
  const alarms = await site.records('alarms');
  const runner = await site.started(site.runner(passing, sink));
  await producer.send([signal('1', 'zombie')]);
  await eventually('it is stalled', () => releases.length === 1);
  // All members are forgotten: the claim is lost while its work still runs.
  await site.broker.stop();
  stall = false;
  await site.broker.start();
  await eventually('the next generation has done it again', () => valuesOf(alarms).includes('zombie'));
  await eventually('and committed it', async () => (await committedOf(site, 'filter')) === 1);
  releases[0]?.();
  await producer.send([signal('1', 'sentinel')]);
  await eventually('the sentinel is committed', async () => (await committedOf(site, 'filter')) === 2);
  expect(valuesOf(alarms)).toEqual(['zombie', 'sentinel']);
  await runner.stop();
});

test('a record that fails becomes a dead letter, is counted, and the next one is handled', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const dead = await site.records('signals.dead');
  const alarms = await site.records('alarms');
  const picky: TaskDefinition = {
    role: 'filter',
    inputs: ['signals'],
    createTask: () => ({
      input({ key, value, timestamp }) {
        if (value?.toString() === 'bad') throw new SmokewireError('RECORD_INVALID', 'a signal is 0 or 1');
        return { outputs: [{ topic: 'alarms', key, value, timestamp }], changelog: [] };
      },
    }),
  };
  await site.started(site.runner(picky));
  await producer.send([signal('1', 'bad'), signal('1', 'good')]);
  await eventually('both are through', () => dead.length === 1 && alarms.length === 1);
  expect(dead[0]?.value?.toString()).toBe('bad');
  expect((await site.metrics.deadLetters.get()).values).toMatchObject([
    { labels: { topic: 'signals', code: 'RECORD_INVALID' }, value: 1 },
  ]);
});

test('a task learns what was committed, with what was noted beside it, and may begin earlier', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const seen: string[] = [];
  let known: ReadonlyMap<string, Committed> = new Map();
  const noting: TaskDefinition = {
    role: 'watchdog',
    inputs: ['signals'],
    createTask: (partition) => ({
      restored(committed) {
        if (partition === 1) known = committed;
        return new Map([...committed].map(([topic, { metadata }]) => [topic, Number(metadata)]));
      },
      input({ offset }) {
        seen.push(String(offset));
        return NOTHING;
      },
      metadata: () => '3',
    }),
  };
  const first = await site.started(site.runner(noting));
  expect(known).toEqual(new Map());
  await producer.send([...Array(6).keys()].map((i) => ({ ...signal('1', String(i)), partition: 1 })));
  await eventually('all are seen', () => seen.length === 6);
  await first.stop();
  seen.length = 0;
  await site.started(site.runner(noting));
  await eventually('those from the noted offset are seen again', () => seen.length === 3);
  expect(known.get('signals')).toMatchObject({ offset: 6, metadata: '3' });
  expect(seen).toEqual(['3', '4', '5']);
});

test('tables are read before inputs, and followed after', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const seen: string[] = [];
  const watching: TaskDefinition = {
    role: 'watchdog',
    inputs: ['signals'],
    tables: ['detectors', 'presence'],
    createTask: () => ({
      table({ topic, value }, _now, restoring) {
        seen.push(`${topic} ${value}${restoring ? ' restoring' : ''}`);
        return NOTHING;
      },
      input({ value }) {
        seen.push(`signals ${value}`);
        return NOTHING;
      },
    }),
  };
  const at = (topic: string, value: string) => ({ ...signal('1', value), topic, partition: 2 });
  await producer.send([at('signals', 'a'), at('detectors', 'b'), at('detectors', 'c'), at('presence', 'd')]);
  await site.started(site.runner(watching));
  await eventually('the signal is seen', () => seen.length === 4);
  expect(seen.at(-1)).toBe('signals a');
  expect(seen.slice(0, 3).toSorted()).toEqual([
    'detectors b restoring',
    'detectors c restoring',
    'presence d restoring',
  ]);
  await producer.send([at('detectors', 'e')]);
  await eventually('the table is followed', () => seen.includes('detectors e'));
});

test('who is behind does not rest between fetches', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const handled: number[] = [];
  const resting: TaskDefinition = {
    role: 'filter',
    inputs: ['signals'],
    lingerMs: 3_600_000,
    createTask: () => ({
      input: ({ offset }) => {
        handled.push(offset);
        return NOTHING;
      },
    }),
  };
  // A fetch brings one of these at a time.
  const large = 'x'.repeat(700_000);
  for (let i = 0; i < 4; i++) await producer.send([{ ...signal('1', large), partition: 0 }]);
  await site.started(site.runner(resting));
  await eventually('all four are read', () => handled.length === 4);
});

describe('a start', () => {
  const passing: TaskDefinition = {
    role: 'filter',
    inputs: ['signals'],
    createTask: () => ({ input: () => NOTHING }),
  };
  const runnerAt = (address: string, connectTimeoutMs: number, site: KafkaSite) =>
    new TaskRunner({
      client: kafkaClient({
        brokers: [address],
        clientId: 'test',
        logger: recordingLogger(),
        wireClock: realClock,
        connectTimeoutMs,
      }),
      definition: passing,
      clock: realClock,
      metrics: site.metrics,
    });

  test('where nobody answers fails in time with KAFKA_UNREACHABLE', async () => {
    const runner = runnerAt('127.0.0.1:1', 200, await embeddedSite());
    await expect(within('the start fails', runner.start(), 2_000)).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    expect(runner.missing()).toEqual(['filter producer: not connected to Kafka', 'filter: not in its group yet']);
    await within('it stops', runner.stop(), 1_000);
  });

  test('where topics are missing fails in time and says so', async () => {
    const site = await embeddedSite();
    const runner = runnerAt(site.broker.address, 200, site);
    await expect(within('the start fails', runner.start(), 2_000)).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('UNKNOWN_TOPIC_OR_PARTITION'),
    });
    await within('it stops', runner.stop(), 1_000);
  });

  test.each([0, 1, 2, 5, 10, 20])('can be stopped %i ms later, and leaves nothing behind', async (ms) => {
    const site = await embeddedSite();
    const runner = site.runner(passing);
    const started = runner.start().catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await within('it stops', runner.stop(), 1_000);
    expect([undefined, 'STOPPED']).toContain(Reflect.get(Object(await within('the start ends', started)), 'code'));
    await runner.stop();
    await site.broker.stop();
    await noSockets();
  });
});
