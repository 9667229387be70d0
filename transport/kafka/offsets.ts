import { Backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { errorFields, stopped } from './errors.ts';
import type { Link } from './link.ts';

/** First and next offset of a partition. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** The extents of some partitions of topics, named as in Kafka: topic, then partition. */
export async function extentsOf(
  link: Link,
  topics: readonly string[],
  partitions: readonly number[],
): Promise<Map<string, Map<number, Extent>>> {
  if (topics.length === 0 || partitions.length === 0) return new Map();
  const ask = (fromBeginning: boolean) =>
    link.cluster.fetchTopicsOffset(
      topics.map((topic) => ({ topic, partitions: partitions.map((partition) => ({ partition })), fromBeginning })),
    );
  const [starts, ends] = await Promise.all([ask(true), ask(false)]);
  const extents = new Map<string, Map<number, Extent>>();
  for (const { topic, partitions: answers } of ends) {
    const first = new Map(
      starts.find((other) => other.topic === topic)?.partitions.map((p) => [p.partition, p.offset]),
    );
    extents.set(
      topic,
      new Map(
        answers.map(({ partition, offset }) => [
          partition,
          { start: Number(first.get(partition) ?? 0), end: Number(offset) },
        ]),
      ),
    );
  }
  return extents;
}

/**
 * Asks until Kafka answers, learning anew in between who leads what: a broker may be named as a leader before it knows so
 * itself. Rejects with STOPPED when `signal` aborts.
 */
export async function persistently<T>(
  client: KafkaClient,
  link: Link,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T> {
  const backoff = new Backoff(client.wireClock, 'kafka offsets retry');
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      client.logger.debug(errorFields(error), 'Kafka does not answer where partitions begin and end; asking on');
    }
    await backoff.wait(signal);
    if (signal.aborted) throw stopped(client.clientId);
    await link.cluster.refreshMetadata().catch(() => {});
  }
}
