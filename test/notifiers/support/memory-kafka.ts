import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import type { Service } from '../../../contracts/service.ts';
import type { Feed, GroupWork } from '../../../notifiers/kafka-feed.ts';
import type { Work } from '../../../transport/kafka/claim.ts';
import type { RecordSink } from '../../../transport/kafka/types.ts';

const PARTITION = 2;

/** What the group has of one topic. */
interface Reading {
  position: number;
  reading: boolean;
  committed: number;
}

/**
 * One partition of every topic and one consumer group, in memory and without time: what is written is read at once. A
 * member may be made again on the same log, as after a crash.
 */
export class MemoryKafka implements RecordSink {
  readonly #topics = new Map<string, InRecord[]>();
  readonly #readings = new Map<string, Reading>();
  #work: Work | undefined;
  #held: (() => void)[] | undefined;
  /** How many records of a topic one fetch brings. */
  fetchSize = 100;
  /** What `send` rejects with, and where. */
  refusal: (topic: string) => Error | undefined = () => undefined;

  /** Everything in a topic. */
  records(topic: string): readonly InRecord[] {
    return this.#topics.get(topic) ?? [];
  }

  /** The next offset that the group would read after a crash. */
  committed(topic: string): number {
    return this.#readings.get(topic)?.committed ?? 0;
  }

  /** Writes wait until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const acknowledge of held) acknowledge();
  }

  async send(records: readonly OutRecord[]): Promise<void> {
    for (const { topic } of records) {
      const refusal = this.refusal(topic);
      if (refusal) throw refusal;
    }
    const held = this.#held;
    if (held) await new Promise<void>((resolve) => held.push(resolve));
    for (const record of records) this.append(record);
  }

  append(record: OutRecord): InRecord {
    const log = this.#topics.get(record.topic) ?? [];
    this.#topics.set(record.topic, log);
    const written: InRecord = {
      topic: record.topic,
      partition: PARTITION,
      offset: log.length,
      timestamp: record.timestamp,
      key: record.key,
      value: record.value === null ? null : Buffer.from(record.value),
      headers: Object.fromEntries(
        Object.entries(record.headers ?? {}).map(([name, text]) => [name, Buffer.from(text)]),
      ),
    };
    log.push(written);
    queueMicrotask(() => this.#pump(record.topic));
    return written;
  }

  /** The one member of the group. */
  readonly feed: Feed = (group): Service => ({
    name: group.role,
    missing: () => [],
    start: async () => this.begin(group),
    stop: () => this.revoke(),
  });

  /** The member is gone without a word, and what was held of its writes with it. */
  crash(): void {
    this.#work = undefined;
    this.#held = undefined;
    for (const reading of this.#readings.values()) reading.reading = false;
  }

  /** The member gives its partition back. */
  async revoke(): Promise<void> {
    const work = this.#work;
    this.#work = undefined;
    await work?.finish();
  }

  /** A rebalance that ends with the same member. */
  async rebalance(group: GroupWork): Promise<void> {
    await this.revoke();
    this.begin(group);
  }

  begin(group: GroupWork): void {
    const readings = new Map<string, Reading>();
    for (const topic of group.topics) {
      const committed = this.committed(topic);
      readings.set(topic, { position: committed, reading: false, committed });
    }
    for (const [topic, reading] of readings) this.#readings.set(topic, reading);
    const mine = (topic: string) =>
      this.#readings.get(topic) === readings.get(topic) ? readings.get(topic) : undefined;
    this.#work = group.begin({
      partition: PARTITION,
      partitions: PARTITIONS,
      committed: new Map([...readings].map(([topic, { committed }]) => [topic, { offset: committed, metadata: '' }])),
      extents: new Map(group.topics.map((topic) => [topic, { start: 0, end: this.records(topic).length }])),
      read: (topic, offset) => {
        const reading = mine(topic);
        if (!reading) return;
        reading.position = offset;
        reading.reading = true;
        queueMicrotask(() => this.#pump(topic));
      },
      pause: (topic) => {
        const reading = mine(topic);
        if (reading) reading.reading = false;
      },
      ready: () => {},
      abandon: () => {},
      done: (topic, offset) => {
        const reading = mine(topic);
        if (reading) reading.committed = offset;
      },
    });
  }

  #pump(topic: string): void {
    const reading = this.#readings.get(topic);
    const work = this.#work;
    if (!work || !reading?.reading) return;
    const records = this.records(topic).slice(reading.position, reading.position + this.fetchSize);
    if (records.length === 0) return;
    reading.position += records.length;
    void work.take({ topic, partition: PARTITION, records, nextOffset: reading.position });
    queueMicrotask(() => this.#pump(topic));
  }
}
