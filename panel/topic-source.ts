import type { InRecord } from '../contracts/kafka-records.ts';
import type { KafkaClient } from '../transport/kafka/client.ts';
import { type From, TopicReader } from '../transport/kafka/reader.ts';
import type { ReadModel } from './model/read-model.ts';
import type { RecordSource } from './record-source.ts';

/** The panel's records straight from Kafka, by a reader that belongs to no group: each panel reads everything. */
export class TopicSource implements RecordSource {
  readonly #client: KafkaClient;
  readonly #topics: ReadonlyMap<string, From>;
  #reader: TopicReader | undefined;

  constructor({ client, topics }: { client: KafkaClient; topics: ReadModel['topics'] }) {
    this.#client = client;
    this.#topics = new Map(topics.map(({ topic, from }) => [topic, from]));
  }

  async start(onRecord: (record: InRecord, news: boolean) => void): Promise<void> {
    let caughtUp = false;
    const reader = new TopicReader({
      client: this.#client,
      name: 'panel',
      topics: this.#topics,
      onRecord: (record) => onRecord(record, caughtUp),
    });
    this.#reader = reader;
    await reader.start();
    await reader.caughtUp;
    caughtUp = true;
  }

  async stop(): Promise<void> {
    await this.#reader?.stop();
  }

  missing(): readonly string[] {
    return this.#reader?.missing() ?? ['panel: not connected to Kafka'];
  }
}
