import type { Timer } from '../../contracts/clock.ts';
import { mayGrow, PARTITIONS } from '../../contracts/kafka-topics.ts';
import { withAdmin } from './admin.ts';
import { Backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { errorFields, stopped } from './errors.ts';
import type { Link } from './link.ts';

/** How long partitions that were added stay unnoticed, in milliseconds. */
const LOOK_MS = 500;

export interface GrowthWatchOptions {
  readonly client: KafkaClient;
  readonly link: Link;
  /** Metadata was read anew: there may be more partitions than before. */
  readonly looked: () => void;
}

/**
 * Looks again and again how many partitions there are: no answer of Kafka's ever says that some were added. Java's clients ask
 * every five minutes (`metadata.max.age.ms`), for which long a fire in a new partition would be heard by nobody.
 */
export class GrowthWatch {
  readonly #options: GrowthWatchOptions;
  #timer: Timer | undefined;
  #looking = false;

  constructor(options: GrowthWatchOptions) {
    this.#options = options;
  }

  /** Begins to look, where it does not yet. */
  start(): void {
    this.#timer ??= this.#options.client.wireClock.every('kafka partitions', LOOK_MS, () => void this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { client, link, looked } = this.#options;
    try {
      await link.cluster.refreshMetadata();
      looked();
    } catch (error) {
      client.logger.debug(errorFields(error), 'Kafka does not say how many partitions there are; asking on');
    } finally {
      this.#looking = false;
    }
  }
}

/** The most partitions that one of some topics has, named without prefix, by the metadata that was read last. */
export function mostPartitions({ topicPrefix }: KafkaClient, link: Link, topics: readonly string[]): number {
  const counts = topics
    .filter(mayGrow)
    .map((topic) => link.cluster.findTopicPartitionMetadata(topicPrefix + topic).length);
  return Math.max(PARTITIONS, ...counts);
}

/**
 * Resolves with how many partitions some topics of one group have, once all have as many: where some were added to one of
 * them, it adds them to the others. Rejects with STOPPED when `signal` aborts.
 */
export async function evenPartitions(
  client: KafkaClient,
  link: Link,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  if (!topics.some(mayGrow)) return PARTITIONS;
  const backoff = new Backoff(client.wireClock, 'kafka partitions retry');
  for (;;) {
    await link.cluster.refreshMetadata();
    const count = mostPartitions(client, link, topics);
    const behind = topics.filter((topic) => mostPartitions(client, link, [topic]) < count);
    if (behind.length === 0) return count;
    await addPartitions(client, behind, count, signal);
    await backoff.wait(signal);
    if (signal.aborted) throw stopped(client.clientId);
  }
}

/** Losing the race to another process is no failure; whatever else goes wrong shows when they are counted again. */
async function addPartitions(
  client: KafkaClient,
  topics: readonly string[],
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const topicPartitions = topics.map((topic) => ({ topic: client.topicPrefix + topic, count }));
  try {
    await withAdmin(client, (admin) => admin.createPartitions({ topicPartitions }), signal);
  } catch (error) {
    client.logger.warn({ ...errorFields(error), topics, count }, 'these topics need more partitions; trying on');
  }
}
