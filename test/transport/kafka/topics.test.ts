import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import { seededRandom } from '../../../app/random.ts';
import { KafkaBroker } from '../../../brokers/kafka/index.ts';
import { PARTITIONS, TOPICS } from '../../../contracts/kafka-topics.ts';
import { listGroups } from '../../../transport/kafka/admin.ts';
import { ensureTopics } from '../../../transport/kafka/topics.ts';
import { NOTHING } from '../../../transport/kafka/types.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { embeddedSite, KafkaSite, noSockets, signal } from './site.ts';

async function emptyBroker(): Promise<KafkaBroker> {
  const broker = new KafkaBroker({ clock: realClock, random: seededRandom('topics'), logger: recordingLogger() });
  onTestFinished(() => broker.stop());
  await broker.start();
  return broker;
}

async function adminOf(broker: KafkaBroker) {
  const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
  onTestFinished(() => admin.disconnect());
  await admin.connect();
  return admin;
}

describe('making topics', () => {
  test('makes each of them, with the prefix, its partitions and its way to forget', async () => {
    const broker = await emptyBroker();
    await ensureTopics(new KafkaSite([broker.address], 'hq.').client);
    const admin = await adminOf(broker);
    const { topics } = await admin.fetchTopicMetadata();
    expect(topics.map(({ name, partitions }) => [name, partitions.length]).toSorted()).toEqual(
      [...TOPICS.keys()].map((topic) => [`hq.${topic}`, PARTITIONS]).toSorted(),
    );
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [...TOPICS.keys()].map((topic) => ({ type: 2, name: `hq.${topic}`, configNames: ['cleanup.policy'] })),
    });
    expect(
      new Map(resources.map(({ resourceName, configEntries }) => [resourceName, configEntries[0]?.configValue])),
    ).toEqual(new Map([...TOPICS].map(([topic, cleanup]) => [`hq.${topic}`, cleanup])));
  });

  test('keeps what is as old as virtual time, where time stands still', async () => {
    const broker = await emptyBroker();
    const { client } = new KafkaSite([broker.address], 'hq.');
    await ensureTopics({ ...client, prompt: true });
    const admin = await adminOf(broker);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: 'hq.signals', configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('-1');
  });

  test('refuses one that is there with another number of partitions, and names it', async () => {
    const broker = await emptyBroker();
    const admin = await adminOf(broker);
    await admin.createTopics({
      topics: [
        { topic: 'hq.alarms', numPartitions: 3 },
        { topic: 'hq.sms', numPartitions: 8 },
      ],
    });
    const attempt = ensureTopics(new KafkaSite([broker.address], 'hq.').client);
    await expect(attempt).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/hq\.alarms has 3, hq\.sms has 8.*--topic-prefix/),
    });
    await ensureTopics(new KafkaSite([broker.address], 'other.').client);
  });

  test('can be stopped', async () => {
    const broker = await emptyBroker();
    const stop = new AbortController();
    const attempt = ensureTopics(new KafkaSite([broker.address], 'hq.').client, stop.signal);
    stop.abort();
    await expect(within('it ends', attempt, 1_000)).rejects.toMatchObject({ code: 'STOPPED' });
    await broker.stop();
    await noSockets();
  });
});

test('groups are listed with what they have not done yet, those of other sites are not', async () => {
  const site = await embeddedSite();
  const other = new KafkaSite([site.broker.address], 'other.');
  await ensureTopics(other.client);
  const idle = { inputs: ['signals'], createTask: () => ({ input: () => NOTHING }) };
  const filter = await site.started(site.runner({ role: 'filter', ...idle }));
  await other.started(other.runner({ role: 'filter', ...idle }));
  const producer = await site.producer();
  await producer.send([0, 0, 1].map((partition) => ({ ...signal('1', '1'), partition })));
  await eventually('all is committed', async () => (await listGroups(site.client))[0]?.partitions.length === 2);
  await filter.stop();
  await producer.send([{ ...signal('1', '1'), partition: 1 }]);
  expect(await listGroups(site.client)).toEqual([
    {
      group: 'filter',
      state: 'Empty',
      members: 0,
      partitions: [
        { topic: 'signals', partition: 0, committed: 2, end: 2, lag: 0 },
        { topic: 'signals', partition: 1, committed: 1, end: 2, lag: 1 },
      ],
    },
  ]);
});
