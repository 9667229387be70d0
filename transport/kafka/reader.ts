import { messageOf } from '../../contracts/errors.ts';
import type { InRecord } from '../../contracts/kafka-records.ts';
import { mayGrow } from '../../contracts/kafka-topics.ts';
import type { Service } from '../../contracts/service.ts';
import { withinMs } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { type Deferred, deferred } from './deferred.ts';
import { stopped } from './errors.ts';
import { FetchLoop } from './fetch-loop.ts';
import { GrowthWatch } from './growth.ts';
import { Link } from './link.ts';
import { allExtentsOf, persistently } from './offsets.ts';
import type { RecordBatch } from './types.ts';

/** Where the reading of a topic begins: an offset for each partition may be named, the others begin at their end. */
export type From = 'beginning' | 'end' | ReadonlyMap<number, number>;

export interface TopicReaderOptions {
  readonly client: KafkaClient;
  readonly name: string;
  /** Topics without prefix, and where each begins. */
  readonly topics: ReadonlyMap<string, From>;
  /** `news` is false for what was there at the start. */
  readonly onRecord: (record: InRecord, news: boolean) => void;
  /** As of the fetch loop: how long to rest after a fetch that brought records, in milliseconds. */
  readonly lingerMs?: number;
}

/**
 * Reads all partitions of some topics, for itself alone: it joins no group and commits nothing, so it leaves no trace among
 * the consumer groups. It survives restarts of brokers, and goes on after the last record that it has given.
 */
export class TopicReader implements Service {
  readonly name: string;
  readonly #options: TopicReaderOptions;
  readonly #link: Link;
  readonly #stop = new AbortController();
  readonly #caughtUp: Deferred<void> = deferred();
  /** Partitions that are not read to the end that they had at the start, with that end. */
  readonly #behind = new Map<string, number>();
  readonly #growth: GrowthWatch;
  /** Partitions that are read, by topic. */
  readonly #begun = new Map<string, Set<number>>();
  #loop: FetchLoop | undefined;
  #reading: Promise<void> | undefined;

  constructor(options: TopicReaderOptions) {
    this.name = options.name;
    const client = { ...options.client, logger: options.client.logger.child({ part: options.name }) };
    this.#options = { ...options, client };
    this.#link = new Link(client);
    this.#growth = new GrowthWatch({ client, link: this.#link, looked: () => this.#looked() });
  }

  /** Resolves when everything is given that was there at the start; rejects with STOPPED. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** Resolves when it is settled where the reading begins: what is written afterwards is read. */
  async start(): Promise<void> {
    const { client, topics, lingerMs = 0 } = this.#options;
    const names = [...topics.keys()].map((topic) => client.topicPrefix + topic);
    await this.#link.open(names, this.#stop.signal);
    const loop = new FetchLoop({
      client,
      link: this.#link,
      lingerMs,
      yieldMs: 0,
      deliver: (batch) => this.#deliver(batch),
    });
    for (const [topic, from] of topics) await this.#begin(loop, topic, from);
    if (this.#stop.signal.aborted) throw stopped(this.name);
    if (this.#behind.size === 0) this.#caughtUp.resolve();
    this.#loop = loop;
    this.#reading = loop.run(this.#stop.signal);
    if ([...topics.keys()].some(mayGrow)) this.#growth.start();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#growth.stop();
    this.#caughtUp.reject(stopped(this.name));
    this.#link.close();
    if (this.#reading) await withinMs(this.#options.client.wireClock, 500, this.#reading);
  }

  missing(): readonly string[] {
    if (!this.#loop || this.#loop.failing) return [`${this.name}: not connected to Kafka`];
    return this.#behind.size > 0 ? [`${this.name}: still reading what was there at the start`] : [];
  }

  async #begin(loop: FetchLoop, topic: string, from: From): Promise<void> {
    const name = this.#options.client.topicPrefix + topic;
    const begun = new Set<number>();
    this.#begun.set(topic, begun);
    const extents = await persistently(this.#options.client, this.#link, this.#stop.signal, () =>
      allExtentsOf(this.#link, [name]),
    );
    for (const [partition, { start, end }] of extents.get(name) ?? []) {
      begun.add(partition);
      const wanted = from === 'beginning' ? start : from === 'end' ? end : (from.get(partition) ?? end);
      const offset = Math.max(wanted, start);
      if (offset < end) this.#behind.set(`${topic}/${partition}`, end);
      loop.read(topic, partition, offset);
    }
  }

  /** Partitions that were added are read from their first record on. */
  #looked(): void {
    for (const [topic, begun] of this.#begun) {
      const name = this.#options.client.topicPrefix + topic;
      for (const { partitionId } of this.#link.cluster.findTopicPartitionMetadata(name)) {
        if (begun.has(partitionId)) continue;
        begun.add(partitionId);
        this.#loop?.read(topic, partitionId, 0);
      }
    }
  }

  #deliver({ topic, partition, records, nextOffset }: RecordBatch): void {
    const end = this.#behind.get(`${topic}/${partition}`);
    for (const record of records) {
      if (this.#stop.signal.aborted) return;
      try {
        this.#options.onRecord(record, end === undefined || record.offset >= end);
      } catch (error) {
        const { offset } = record;
        this.#options.client.logger.error(
          { topic, partition, offset, error: messageOf(error) },
          'a reader failed on a record and goes on',
        );
      }
    }
    if (end === undefined || nextOffset < end) return;
    this.#behind.delete(`${topic}/${partition}`);
    if (this.#behind.size === 0) this.#caughtUp.resolve();
  }
}
