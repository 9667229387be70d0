import type { InRecord, OutRecord } from '../../contracts/kafka-records.ts';
import { mayGrow, PARTITIONS } from '../../contracts/kafka-topics.ts';
import type { Extent } from '../../transport/kafka/offsets.ts';
import { partitionOf } from '../../transport/kafka/partition.ts';

/** Nearly all values are one of these. */
const SIGNALS: ReadonlyMap<string | Buffer, Buffer> = new Map(['0', '1'].map((value) => [value, Buffer.from(value)]));

interface PartitionLog {
  records: InRecord[];
  next: number;
}

/** Kafka, as far as a consumer group of ours sees it: partitions of records. */
export class KafkaLog {
  /** While it is down nothing is appended, read or committed. */
  up = true;
  readonly #partitions = new Map<string, PartitionLog>();
  readonly #listeners = new Set<(topic: string, partition: number) => void>();
  readonly #onGrown: (() => void)[] = [];
  #partitionsOfGrowing: number = PARTITIONS;

  partitionsOf(topic: string): number {
    return mayGrow(topic) ? this.#partitionsOfGrowing : PARTITIONS;
  }

  /** Partitions are added to all topics that may have more than the others. */
  grow(partitions: number): void {
    this.#partitionsOfGrowing = partitions;
    for (const listener of this.#onGrown) listener();
  }

  onGrown(listener: () => void): void {
    this.#onGrown.push(listener);
  }

  append(record: OutRecord): InRecord {
    const partition = record.partition ?? partitionOf(record.key ?? '', this.partitionsOf(record.topic));
    const log = this.#log(record.topic, partition);
    const { topic, key, timestamp, headers = {} } = record;
    const value = record.value === null ? null : (SIGNALS.get(record.value) ?? Buffer.from(record.value));
    const written: InRecord = { topic, partition, offset: log.next++, timestamp, key, value, headers };
    log.records.push(written);
    for (const listener of this.#listeners) listener(topic, partition);
    return written;
  }

  read(topic: string, partition: number, from: number, most: number): { records: InRecord[]; nextOffset: number } {
    const { records, next } = this.#log(topic, partition);
    const first = firstFrom(records, from);
    const read = records.slice(first, first + most);
    const last = read.at(-1);
    return { records: read, nextOffset: first + most >= records.length || !last ? next : last.offset + 1 };
  }

  extent(topic: string, partition: number): Extent {
    const { records, next } = this.#log(topic, partition);
    return { start: records[0]?.offset ?? next, end: next };
  }

  all(topic: string): InRecord[] {
    return Array.from(
      { length: this.partitionsOf(topic) },
      (_, partition) => this.#log(topic, partition).records,
    ).flat();
  }

  /** Keeps the newest record of each key. */
  compact(topic: string): void {
    for (let partition = 0; partition < this.partitionsOf(topic); partition++) {
      const log = this.#log(topic, partition);
      const newest = new Map(log.records.map((record) => [record.key, record.offset]));
      log.records = log.records.filter(({ key, offset }) => newest.get(key) === offset);
    }
  }

  onAppend(listener: (topic: string, partition: number) => void): void {
    this.#listeners.add(listener);
  }

  #log(topic: string, partition: number): PartitionLog {
    const name = `${topic}/${partition}`;
    let log = this.#partitions.get(name);
    if (!log) {
      log = { records: [], next: 0 };
      this.#partitions.set(name, log);
    }
    return log;
  }
}

/** The index of the first record at or beyond `offset`. */
function firstFrom(records: readonly InRecord[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
