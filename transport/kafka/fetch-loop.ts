import { sleep } from '../../contracts/clock.ts';
import type { Reader } from '../../contracts/transit.ts';
import { Backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { errorFields, kafkaErrorType } from './errors.ts';
import { type FetchedPartition, fetch } from './fetch.ts';
import { recordsIn } from './fetched-records.ts';
import { type Link, READ_COMMITTED } from './link.ts';
import { extentsOf } from './offsets.ts';
import type { RecordBatch } from './types.ts';

/** A fetch without news is answered after this long, in milliseconds. It delays nothing: news is answered at once. */
const PARKED_MS = 1_000;
const BYTES_A_PARTITION = 1_048_576;
const BYTES_A_FETCH = 10_485_760;
/** After so many records of one partition, whatever else the process has to do comes first. */
const MANY_RECORDS = 1_000;

interface Position {
  readonly topic: string;
  readonly partition: number;
  offset: number;
}

/** What was read of a partition, from where. */
interface Fetched extends FetchedPartition {
  readonly position: Position;
  readonly offset: number;
}

export interface FetchLoopOptions {
  readonly client: KafkaClient;
  readonly link: Link;
  /**
   * How long to rest after a fetch that brought records, in milliseconds, so that the next one brings more of them: a fetch
   * costs more than its records. The first record after a silence is read at once even so, and who is behind does not rest.
   */
  readonly lingerMs: number;
  /**
   * How long what was read waits before it is handled, in milliseconds, so that more urgent work of the process goes first.
   */
  readonly yieldMs: number;
  /** Takes what was read, in order. A promise holds the next fetch from that broker back until it settles. */
  readonly deliver: (batch: RecordBatch) => void | Promise<void>;
}

/**
 * Reads partitions from given offsets on, with one fetch in flight at each broker that leads some of them. It tries for
 * ever, learning anew who leads what; where an offset is gone, it reads on from the partition's beginning.
 */
export class FetchLoop {
  readonly #client: KafkaClient;
  readonly #link: Link;
  readonly #lingerMs: number;
  readonly #yieldMs: number;
  readonly #deliver: FetchLoopOptions['deliver'];
  readonly #positions = new Map<string, Position>();
  readonly #reader: Reader;
  /** Changes when other brokers have to be asked than before. */
  #epoch = 0;
  #nodes: ReadonlySet<number> = new Set();
  #wake: () => void = () => {};
  #failing = false;
  /** Brokers from which nothing is fetched until what they brought is done with. */
  #held = 0;

  constructor({ client, link, lingerMs, yieldMs, deliver }: FetchLoopOptions) {
    this.#client = client;
    this.#link = link;
    this.#lingerMs = client.prompt ? 0 : lingerMs;
    this.#yieldMs = client.prompt ? 0 : yieldMs;
    this.#deliver = deliver;
    this.#reader = client.transit.reader();
  }

  /** Whether the last fetch failed. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Reads a partition from `offset` on, from the next fetch. `topic` is the name without prefix. */
  read(topic: string, partition: number, offset: number): void {
    const position = { topic, partition, offset };
    this.#positions.set(`${topic}/${partition}`, position);
    this.#reader.at(topic, partition, offset);
    if (this.#nodes.has(this.#leaderOf(position))) return;
    this.#epoch++;
    this.#wake();
  }

  /** Reads a partition no longer; what is being fetched of it is dropped. */
  pause(topic: string, partition: number): void {
    this.#positions.delete(`${topic}/${partition}`);
    this.#reader.leave(topic, partition);
  }

  /** Reads until `signal` aborts. Never rejects, unless `deliver` does. */
  async run(signal: AbortSignal): Promise<void> {
    const over = () => {
      this.#reader.end();
      this.#wake();
    };
    if (signal.aborted) over();
    signal.addEventListener('abort', over, { once: true });
    const backoff = new Backoff(this.#client.wireClock, 'kafka fetch retry');
    while (!signal.aborted) {
      const epoch = this.#epoch;
      this.#nodes = new Set([...this.#positions.values()].map((position) => this.#leaderOf(position)));
      if (this.#nodes.size === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      await Promise.all(
        [...this.#nodes].map(async (nodeId) => {
          while (!signal.aborted && epoch === this.#epoch) await this.#fetch(nodeId, backoff, signal);
        }),
      );
    }
  }

  #leaderOf({ topic, partition }: Position): number {
    const metadata = this.#link.cluster.findTopicPartitionMetadata(this.#client.topicPrefix + topic);
    return metadata.find(({ partitionId }) => partitionId === partition)?.leader ?? -1;
  }

  async #fetch(nodeId: number, backoff: Backoff, signal: AbortSignal): Promise<void> {
    const answer = await this.#attempt(() => this.#request(nodeId, signal), backoff, signal);
    if (!answer) return;
    const isNews = answer.some(({ batches }) => batches.length > 0);
    if (isNews && this.#yieldMs > 0) await sleep(this.#client.wireClock, 'kafka fetch yield', this.#yieldMs, signal);
    let isBehind = false;
    const held: Promise<void>[] = [];
    for (const { position, offset, stableOffset, batches, aborted } of answer) {
      const { topic, partition } = position;
      const from = { topic, partition, offset };
      // One is done with before the next one is decoded: what lives that shortly is cheap garbage.
      const fetched = await this.#attempt(() => recordsIn(batches, from, aborted), backoff, signal);
      if (!fetched) return;
      if (signal.aborted) return;
      // It was moved elsewhere meanwhile.
      if (this.#positions.get(`${topic}/${partition}`) !== position) continue;
      const { records, nextOffset } = fetched;
      const promise = this.#take(position, records, nextOffset);
      if (promise) held.push(promise);
      if (records.length >= MANY_RECORDS) await othersFirst();
      isBehind ||= nextOffset > offset && nextOffset < stableOffset;
    }
    this.#failing = false;
    backoff.reset();
    if (held.length > 0) await this.#untilDone(held);
    if (isNews && !isBehind && this.#lingerMs > 0)
      await sleep(this.#client.wireClock, 'kafka fetch linger', this.#lingerMs, signal);
  }

  /** Undefined where it failed, after what can be done about that. */
  async #attempt<T>(attempt: () => Promise<T>, backoff: Backoff, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await attempt();
    } catch (error) {
      if (!signal.aborted) await this.#recover(error, backoff, signal);
      return undefined;
    }
  }

  async #request(nodeId: number, signal: AbortSignal): Promise<Fetched[]> {
    const broker = await this.#link.cluster.findBroker({ nodeId });
    if (signal.aborted) return [];
    const asked = new Map<string, { position: Position; offset: number }[]>();
    for (const position of this.#positions.values()) {
      if (this.#leaderOf(position) !== nodeId) continue;
      const name = this.#client.topicPrefix + position.topic;
      const entry = { position, offset: position.offset };
      const entries = asked.get(name);
      if (entries) entries.push(entry);
      else asked.set(name, [entry]);
    }
    if (asked.size === 0) {
      this.#epoch++;
      return [];
    }
    const answered = await fetch(broker, {
      maxWaitTime: PARKED_MS,
      minBytes: 1,
      maxBytes: BYTES_A_FETCH,
      isolationLevel: READ_COMMITTED,
      topics: [...asked].map(([topic, entries]) => ({
        topic,
        partitions: entries.map(({ position, offset }) => ({
          partition: position.partition,
          fetchOffset: String(offset),
          maxBytes: BYTES_A_PARTITION,
        })),
      })),
    });
    return answered.flatMap((fetched) => {
      const entry = asked.get(fetched.topic)?.find(({ position }) => position.partition === fetched.partition);
      return entry ? [{ ...fetched, ...entry }] : [];
    });
  }

  async #untilDone(held: readonly Promise<void>[]): Promise<void> {
    this.#held += 1;
    this.#reader.waits(true);
    try {
      await Promise.all(held);
    } finally {
      this.#held -= 1;
      this.#reader.waits(this.#held > 0);
    }
  }

  #take(position: Position, records: RecordBatch['records'], nextOffset: number): void | Promise<void> {
    const { topic, partition, offset } = position;
    if (nextOffset <= offset) return undefined;
    position.offset = nextOffset;
    // An answer has room for so much; next time the others come first.
    const name = `${topic}/${partition}`;
    this.#positions.delete(name);
    this.#positions.set(name, position);
    const taken = this.#deliver({ topic, partition, records, nextOffset });
    if (this.#positions.get(name) === position) this.#reader.at(topic, partition, nextOffset);
    return taken;
  }

  async #recover(error: unknown, backoff: Backoff, signal: AbortSignal): Promise<void> {
    const log = this.#client.logger;
    if (this.#failing) log.debug(errorFields(error), 'reading from Kafka still fails');
    else log.warn(errorFields(error), 'reading from Kafka failed; trying on');
    this.#failing = true;
    await backoff.wait(signal);
    if (signal.aborted) return;
    try {
      await this.#link.cluster.connect();
      await this.#link.cluster.refreshMetadata();
      if (kafkaErrorType(error) === 'OFFSET_OUT_OF_RANGE') await this.#restartLost();
    } catch (cause) {
      log.debug(errorFields(cause), 'no metadata yet');
    }
    this.#epoch++;
  }

  /** Moves positions that Kafka no longer has, or does not have any more, to the beginning of their partition. */
  async #restartLost(): Promise<void> {
    const positions = [...this.#positions.values()];
    const names = new Set(positions.map(({ topic }) => this.#client.topicPrefix + topic));
    const numbers = new Set(positions.map(({ partition }) => partition));
    const extents = await extentsOf(this.#link, [...names], [...numbers]);
    for (const { topic, partition, offset } of positions) {
      const extent = extents.get(this.#client.topicPrefix + topic)?.get(partition);
      if (!extent || (offset >= extent.start && offset <= extent.end)) continue;
      this.#client.logger.warn(
        { topic, partition, offset, ...extent },
        'records are gone; reading on from the beginning',
      );
      this.read(topic, partition, extent.start);
    }
  }
}

function othersFirst(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
