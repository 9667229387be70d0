import { randomUUID } from 'node:crypto';
import {
  type Admin,
  type Consumer,
  type ConsumerConfig,
  type EachMessagePayload,
  Kafka,
  logLevel,
  type Producer,
  type ProducerConfig,
  type RetryOptions,
} from 'kafkajs';
import { eventually } from '../../support/eventually.ts';
import { ProtocolClient } from './protocol/client.ts';
import { at, listAt, textAt } from './protocol/values.ts';

/** A record as a consumer saw it, in comparable form. */
export interface Seen {
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Record<string, string>;
  readonly timestamp: string;
}

/** A consumer that keeps what it gets. */
export interface Collector {
  readonly consumer: Consumer;
  readonly seen: Seen[];
  /** Waits for `count` records and returns all that came. */
  until(count: number): Promise<Seen[]>;
}

/** Clients of the broker under test, with names of their own, so that suites may share a broker. */
export class Harness {
  readonly kafka: Kafka;
  readonly #brokers: string[];
  readonly #ends: (() => void | Promise<void>)[] = [];

  constructor(brokers: string[]) {
    this.#brokers = brokers;
    this.kafka = new Kafka({
      brokers,
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 20 },
    });
  }

  unique(word: string): string {
    return `${word}-${randomUUID()}`;
  }

  /** A client that speaks the protocol request by request. */
  async protocol(): Promise<ProtocolClient> {
    const client = await ProtocolClient.connect(this.#brokers[0] ?? '');
    this.#ends.push(() => client.end());
    return client;
  }

  async admin(retry?: RetryOptions): Promise<Admin> {
    const admin = this.kafka.admin(retry && { retry });
    this.#ends.push(() => admin.disconnect());
    await admin.connect();
    return admin;
  }

  async producer(config: ProducerConfig = {}): Promise<Producer> {
    const producer = this.kafka.producer(config);
    this.#ends.push(() => producer.disconnect());
    await producer.connect();
    return producer;
  }

  /** Settings under which a group takes notice quickly. */
  async consumer(groupId: string, config: Partial<ConsumerConfig> = {}): Promise<Consumer> {
    const consumer = this.kafka.consumer({
      groupId,
      heartbeatInterval: 100,
      maxWaitTimeInMs: 100,
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      ...config,
    });
    this.#ends.push(() => consumer.disconnect());
    await consumer.connect();
    return consumer;
  }

  /** A topic of its own; the broker's default replication. */
  async topic(numPartitions = 1, config: Record<string, string> = {}): Promise<string> {
    const topic = this.unique('topic');
    const admin = await this.admin();
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: false });
    // kafkajs would wait by itself, but only until the broker has heard of the topic.
    const wire = await this.protocol();
    const partitions = Array.from({ length: numPartitions }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: -1,
    }));
    await eventually(`${topic} to be led`, async () => {
      const answer = await wire.ask('ListOffsets', 1, { replicaId: -1, topics: [{ name: topic, partitions }] });
      return listAt(answer, 'topics', 0, 'partitions').every((partition) => at(partition, 'errorCode') === 0);
    });
    return topic;
  }

  /** The id of a topic, 32 hexadecimal digits. */
  async topicId(topic: string): Promise<string> {
    const wire = await this.protocol();
    return await eventually(`${topic} to be known`, async () => {
      const answer = await wire.ask('Metadata', 12, { topics: [{ name: topic }], allowAutoTopicCreation: false });
      return at(answer, 'topics', 0, 'errorCode') === 0 && textAt(answer, 'topics', 0, 'topicId');
    });
  }

  async collector(
    topic: string,
    groupId = this.unique('group'),
    config: Partial<ConsumerConfig> = {},
  ): Promise<Collector> {
    const consumer = await this.consumer(groupId, config);
    await consumer.subscribe({ topic, fromBeginning: true });
    return await this.collect(consumer);
  }

  async collect(consumer: Consumer): Promise<Collector> {
    const seen: Seen[] = [];
    await consumer.run({ eachMessage: async (payload) => void seen.push(asSeen(payload)) });
    const until = async (count: number) => {
      await eventually(`${count} records`, () => seen.length >= count, 20_000);
      return seen;
    };
    return { consumer, seen, until };
  }

  /** Disconnects every client made. */
  async end(): Promise<void> {
    await Promise.all(this.#ends.splice(0).map((end) => end()));
  }
}

function asSeen({ partition, message }: EachMessagePayload): Seen {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) headers[name] = String(value);
  return {
    partition,
    offset: message.offset,
    key: message.key === null ? null : message.key.toString(),
    value: message.value === null ? null : message.value.toString(),
    headers,
    timestamp: message.timestamp,
  };
}
