import { Backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { errorFields, stopped } from './errors.ts';
import type { Link } from './link.ts';

/** First and next offset of a partition. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** Extents by topic, named as in Kafka, then partition. */
export type Extents = Map<string, Map<number, Extent>>;

/** The extents of the same partitions of some topics, named as in Kafka. */
export async function extentsOf(
  link: Link,
  topics: readonly string[],
  partitions: readonly number[],
): Promise<Extents> {
  return await ofEach(link, new Map(topics.map((topic) => [topic, partitions])));
}

/** The extents of all partitions of some topics, named as in Kafka, that the metadata knows of. */
export async function allExtentsOf(link: Link, topics: Iterable<string>): Promise<Extents> {
  const metadataOf = (topic: string) => link.cluster.findTopicPartitionMetadata(topic);
  const partitionsOf = (topic: string) => metadataOf(topic).map(({ partitionId }) => partitionId);
  return await ofEach(link, new Map([...topics].map((topic) => [topic, partitionsOf(topic)])));
}

async function ofEach(link: Link, wanted: ReadonlyMap<string, readonly number[]>): Promise<Extents> {
  const asked = [...wanted].map(([topic, numbers]) => ({
    topic,
    partitions: numbers.map((partition) => ({ partition })),
  }));
  if (asked.every(({ partitions }) => partitions.length === 0)) return new Map();
  const ask = (fromBeginning: boolean) =>
    link.cluster.fetchTopicsOffset(asked.map((topic) => ({ ...topic, fromBeginning })));
  const [starts, ends] = await Promise.all([ask(true), ask(false)]);
  for (const { topic, partitions } of asked) {
    // kafkajs leaves out, without a word, what its metadata does not know of yet.
    const answered = ends.find((answer) => answer.topic === topic)?.partitions.length ?? 0;
    if (answered < partitions.length) throw new Error(`${topic} has ${answered} partitions by now`);
  }
  const extents: Extents = new Map();
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
