import type Cluster from 'kafkajs/src/cluster/index.js';
import type { SmokewireError } from '../../contracts/errors.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import { mayGrow, PARTITIONS } from '../../contracts/kafka-topics.ts';
import { partitionOf } from './partition.ts';
import { RecordBatchBuilder, roomFor } from './record-batch.ts';

/**
 * A record batch stays below this, in bytes: Kafka refuses more than 1 MiB (`message.max.bytes`). A record that is larger
 * on its own travels alone, and Kafka decides.
 */
const LARGEST_BATCH = 900_000;

/** One call of `Producer.send`. */
export interface Send {
  readonly records: readonly OutRecord[];
  /** How many of its records are in a request, or were. */
  taken: number;
  readonly resolve: () => void;
  readonly reject: (error: SmokewireError) => void;
  /** Why Kafka will never take one of its records. */
  refusal: SmokewireError | undefined;
}

/** Where the records of a topic go. */
interface Route {
  readonly topic: string;
  /** The topic's name in Kafka, with the prefix. */
  readonly name: string;
  /** The node that leads each partition. */
  leaders: readonly number[];
  readonly batches: PartitionBatch[];
}

/** Records of one partition that travel together. */
export interface PartitionBatch {
  readonly route: Route;
  readonly partition: number;
  readonly builder: RecordBatchBuilder;
  readonly entries: { readonly send: Send; readonly record: OutRecord }[];
}

/** What waits to be written, and how it is dealt out to partitions and brokers. */
export class Outbox {
  readonly #cluster: Cluster;
  readonly #prefix: string;
  readonly #routes = new Map<string, Route>();
  readonly #queue: Send[] = [];
  /** Sends of which all records are in the request that is in flight. */
  #leaving: readonly Send[] = [];
  readonly #unroutedTopics = new Set<string>();

  constructor(cluster: Cluster, prefix: string) {
    this.#cluster = cluster;
    this.#prefix = prefix;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  add(send: Send): void {
    this.#queue.push(send);
    for (const { topic, partition = 0 } of send.records) {
      if (partition >= (this.#routes.get(topic)?.leaders.length ?? 0)) this.#unroutedTopics.add(topic);
    }
  }

  /** The sends that `take` finished have been told. */
  settled(): void {
    this.#leaving = [];
  }

  /** Forgets everything and gives back the sends that were not settled. */
  clear(): readonly Send[] {
    const unsettled = [...this.#leaving, ...this.#queue];
    this.#leaving = [];
    this.#queue.length = 0;
    return unsettled;
  }

  /** Learns the partitions of topics that are written for the first time, or have more of them; answers whether there were any. */
  async loadRoutes(): Promise<boolean> {
    if (this.#unroutedTopics.size === 0) return false;
    const topics = [...this.#unroutedTopics];
    await this.#cluster.addMultipleTargetTopics(topics.map((topic) => this.#prefix + topic));
    if (topics.some((topic) => this.#routes.has(topic))) await this.#cluster.refreshMetadata();
    for (const topic of topics) {
      const name = this.#prefix + topic;
      const leaders = this.#leadersOf(name);
      const known = this.#routes.get(topic);
      if (known) known.leaders = leaders;
      else this.#routes.set(topic, { topic, name, leaders, batches: [] });
      this.#unroutedTopics.delete(topic);
    }
    return true;
  }

  /** How many partitions a topic's keys are dealt out to: as many as are known of by now, where it may grow. */
  partitionsOf(topic: string): number {
    return (mayGrow(topic) ? this.#routes.get(topic)?.leaders.length : undefined) ?? PARTITIONS;
  }

  /** Whether anything is written to a topic that may grow. */
  get isToGrow(): boolean {
    return [...this.#routes.keys()].some(mayGrow);
  }

  /** Learns anew who leads what. */
  async refreshRoutes(): Promise<void> {
    await this.#cluster.connect();
    await this.#cluster.refreshMetadata();
    this.relearn();
  }

  /** Takes over what the cluster's metadata says by now. */
  relearn(): void {
    for (const route of this.#routes.values()) route.leaders = this.#leadersOf(route.name);
  }

  /** Takes what fits in the next request, in order; `finished` are the sends that it completes. */
  take(): { batches: readonly PartitionBatch[]; finished: readonly Send[] } {
    const batches = new Set<PartitionBatch>();
    let complete = 0;
    filling: for (const send of this.#queue) {
      for (; send.taken < send.records.length; send.taken++) {
        const record = send.records[send.taken];
        const batch = record && this.#batchFor(record);
        // Its topic was written for the first time while routes were being learnt: it is next.
        if (!batch) break filling;
        if (!batches.has(batch)) {
          batches.add(batch);
          batch.builder.clear();
          batch.entries.length = 0;
        } else if (batch.builder.size + roomFor(record) > LARGEST_BATCH) break filling;
        batch.builder.append(record);
        batch.entries.push({ send, record });
      }
      complete++;
    }
    this.#leaving = this.#queue.splice(0, complete);
    return { batches: [...batches], finished: this.#leaving };
  }

  /** The batches by the node that leads their partition. */
  byLeader(batches: readonly PartitionBatch[]): Map<number, PartitionBatch[]> {
    const nodes = new Map<number, PartitionBatch[]>();
    for (const batch of batches) {
      const leader = batch.route.leaders[batch.partition] ?? -1;
      const share = nodes.get(leader);
      if (share) share.push(batch);
      else nodes.set(leader, [batch]);
    }
    return nodes;
  }

  #batchFor(record: OutRecord): PartitionBatch | undefined {
    const route = this.#routes.get(record.topic);
    if (!route) return undefined;
    // Records without a key are rare here (dead letters of foreign ones): they need no spreading.
    const partition =
      record.partition ?? (record.key === null ? 0 : partitionOf(record.key, this.partitionsOf(record.topic)));
    route.batches[partition] ??= { route, partition, builder: new RecordBatchBuilder(), entries: [] };
    return route.batches[partition];
  }

  #leadersOf(name: string): number[] {
    const leaders: number[] = [];
    for (const { partitionId, leader } of this.#cluster.findTopicPartitionMetadata(name)) leaders[partitionId] = leader;
    return leaders;
  }
}

/** The two halves of a batch, each a batch of its own. */
export function splitInHalves({ route, partition, entries }: PartitionBatch): PartitionBatch[] {
  const middle = Math.ceil(entries.length / 2);
  return [entries.slice(0, middle), entries.slice(middle)].map((half) => {
    const builder = new RecordBatchBuilder();
    for (const { record } of half) builder.append(record);
    return { route, partition, builder, entries: half };
  });
}
