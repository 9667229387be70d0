import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import { seededRandom } from '../../../app/random.ts';
import { KafkaBroker, type KafkaBrokerOptions } from '../../../brokers/kafka/index.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { createMetrics } from '../../../contracts/metrics.ts';
import type { Service } from '../../../contracts/service.ts';
import { type KafkaClient, kafkaClient } from '../../../transport/kafka/client.ts';
import { Producer } from '../../../transport/kafka/producer.ts';
import { type From, TopicReader } from '../../../transport/kafka/reader.ts';
import { TaskRunner } from '../../../transport/kafka/task-runner.ts';
import { ensureTopics } from '../../../transport/kafka/topics.ts';
import type { RecordSink, TaskDefinition } from '../../../transport/kafka/types.ts';
import { eventually } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';

/** What a test has of Kafka: everything that it starts is stopped when it is over. */
export class KafkaSite {
  readonly client: KafkaClient;
  readonly logger = recordingLogger();
  readonly metrics = createMetrics(new Registry());

  constructor(
    brokers: readonly string[],
    topicPrefix: string,
    options: Partial<Pick<KafkaClient, 'instance' | 'lifeline' | 'wireClock'>> = {},
  ) {
    const { logger } = this;
    this.client = kafkaClient({ brokers, clientId: 'test', logger, wireClock: realClock, topicPrefix, ...options });
  }

  async started<T extends Service>(service: T): Promise<T> {
    onTestFinished(() => service.stop());
    await service.start();
    return service;
  }

  producer(): Promise<Producer> {
    return this.started(new Producer({ client: this.client, role: 'test', metrics: this.metrics }));
  }

  runner(definition: TaskDefinition, sink?: RecordSink): TaskRunner {
    const { client, metrics } = this;
    return new TaskRunner({ client, metrics, definition, clock: realClock, ...(sink && { sink }) });
  }

  /** Reads a topic; what stands in it has been given when this returns. */
  async follow(topic: string, from: From, onRecord: (record: InRecord) => void): Promise<void> {
    const { client } = this;
    const reader = new TopicReader({ client, name: 'test reader', topics: new Map([[topic, from]]), onRecord });
    await this.started(reader);
    await reader.caughtUp;
  }

  /** What stands in a topic and comes to stand there, as it is read. */
  async records(topic: string): Promise<InRecord[]> {
    const records: InRecord[] = [];
    await this.follow(topic, 'beginning', (record) => records.push(record));
    return records;
  }
}

/** A broker in the process, with all topics made. */
export async function embeddedSite(
  options: Pick<KafkaBrokerOptions, 'maxMessageBytes'> = {},
): Promise<KafkaSite & { broker: KafkaBroker }> {
  const logger = recordingLogger();
  const broker = new KafkaBroker({ clock: realClock, random: seededRandom('kafka'), logger, ...options });
  onTestFinished(() => broker.stop());
  await broker.start();
  const site = new KafkaSite([broker.address], 'site.');
  await ensureTopics(site.client);
  return Object.assign(site, { broker });
}

export function signal(key: string, value: string, timestamp = realClock.now()): OutRecord {
  return { topic: 'signals', key, value, timestamp };
}

export function valuesOf(records: readonly InRecord[]): string[] {
  return records.map(({ value }) => value?.toString() ?? '');
}

/** Resolves when the process holds none of the sockets that clients of Kafka hold. */
export async function noSockets(): Promise<void> {
  await eventually('no socket is left', () => !process.getActiveResourcesInfo().includes('TCPSocketWrap'));
}
