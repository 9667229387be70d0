import { Kafka, logLevel } from 'kafkajs';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { realClock } from '../../app/clock.ts';
import type { Site } from '../../app/index.ts';
import { headerOf, type InRecord } from '../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { detectorTopic, MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import { canaryOf } from '../../transport/kafka/canary-ids.ts';
import { kafkaClient } from '../../transport/kafka/client.ts';
import { partitionOf } from '../../transport/kafka/partition.ts';
import { TopicReader } from '../../transport/kafka/reader.ts';
import { eventually } from '../support/eventually.ts';
import { recordingLogger } from '../support/logger.ts';
import { embedded, siteIn } from './world.ts';

const DETECTORS = 24;
const MORE = 7;

const placeOf = (id: number, partitions: number) => partitionOf(String(id), partitions);

/** Whose partition is one that there was not before, once there are more. */
const MOVED = [...Array(DETECTORS).keys()].filter((id) => id > 0 && placeOf(id, MORE) >= PARTITIONS);

async function signalsOf(site: Site): Promise<InRecord[]> {
  const records: InRecord[] = [];
  const { kafka: brokers } = site.addresses;
  const client = kafkaClient({ brokers, clientId: 'test', logger: recordingLogger(), wireClock: realClock });
  const topics = new Map([['signals', 'end' as const]]);
  const reader = new TopicReader({ client, name: 'test', topics, onRecord: (record) => records.push(record) });
  onTestFinished(() => reader.stop());
  await reader.start();
  return records;
}

async function addPartitions(site: Site): Promise<void> {
  const admin = new Kafka({ brokers: [...site.addresses.kafka], logLevel: logLevel.NOTHING }).admin();
  onTestFinished(() => admin.disconnect());
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic: 'signals', count: MORE }] });
  const countOf = async (topic: string) =>
    (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length;
  await eventually('the watchdog deals them out', async () => (await countOf('detectors')) === MORE);
}

/** Resolves once the bridge deals out signals to them; while no time passes, canaries prove none. */
async function bridged(site: Site, signals: readonly InRecord[]): Promise<void> {
  const mqtt = await connectAsync(site.addresses.mqtt);
  onTestFinished(() => mqtt.endAsync(true));
  const topic = detectorTopic(MQTT_ROOT, 'hq', 0, canaryOf(0), 'signal');
  await eventually('the bridge deals them out', async () => {
    await mqtt.publishAsync(topic, '0', { qos: 1 });
    return signals.some((record) => headerOf(record, 'partitions') === String(MORE));
  });
}

test('partitions that are added get their canary, and their detectors move without a word', async () => {
  const [told = 0, dies = 0, burns = 0] = MOVED;
  const site = await siteIn(embedded, { detectors: DETECTORS, allow: [{ notification: {} }] });
  const titles = () => site.inbox.emails().map(({ subject }) => subject.replace(/, floor \d+ \(hq\)$/, ''));
  const signals = await signalsOf(site);
  await site.detector(told).silence();
  await site.clock.advance('10s');
  expect(titles()).toEqual([`Fault: detector ${told} is silent`]);

  await addPartitions(site);
  await bridged(site, signals);
  signals.length = 0;
  await site.clock.advance('20s');
  const songs = (p: number) => signals.filter(({ key, partition }) => key === String(canaryOf(p)) && partition === p);
  expect([...Array(MORE).keys()].filter((p) => songs(p).length < 20)).toEqual([]);
  expect(signals.filter(({ key, partition }) => Number(key) > 0 && partition !== placeOf(Number(key), MORE))).toEqual(
    [],
  );
  expect(titles()).toEqual([`Fault: detector ${told} is silent`]);
  expect(site.events().filter(({ type }) => type === 'detector.silent')).toHaveLength(1);

  await site.detector(burns).trip();
  await site.settled();
  expect(titles().slice(1)).toEqual([expect.stringMatching(/^FIRE/)]);
  await site.detector(dies).silence();
  await site.detector(told).revive();
  await site.clock.advance('10s');
  expect(titles().slice(2)).toEqual([`Recovered: detector ${told}`, `Fault: detector ${dies} is silent`]);

  await site.chaos.begin('role.restart', { role: 'watchdog' });
  await site.detector(dies).revive();
  await site.clock.advance('10s');
  expect(titles().slice(4)).toEqual([`Recovered: detector ${dies}`]);
}, 60_000);
