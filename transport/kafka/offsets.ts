import type { Link } from './client.ts';

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
