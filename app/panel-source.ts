import type { InRecord } from '../contracts/kafka-records.ts';
import type { RecordSource } from '../panel/record-source.ts';
import type { KafkaClient } from '../transport/kafka/client.ts';
import { type From, TopicReader } from '../transport/kafka/reader.ts';

/**
 * Kinds of topics that the panel reads apart, since each fetch names all the partitions of its reader, and costs by them:
 * signals, which come all the time and may be shown late; dead letters, which hardly ever come; and everything else.
 */
const KINDS = [
  { name: 'panel signals', lingerMs: 100, has: (topic: string) => topic === 'signals' },
  { name: 'panel dead letters', lingerMs: 100, has: (topic: string) => topic.endsWith('.dead') },
  { name: 'panel', lingerMs: 20, has: (topic: string) => topic !== 'signals' && !topic.endsWith('.dead') },
];

/** The panel's records, straight from Kafka; what was there before it began to look is no news. */
export function panelSource(client: KafkaClient, topics: ReadonlyMap<string, From>): RecordSource {
  let readers: readonly TopicReader[] = [];
  const make = (onRecord: (record: InRecord, news: boolean) => void) =>
    KINDS.map(({ name, lingerMs, has }) => {
      const own = new Map([...topics].filter(([topic]) => has(topic)));
      return new TopicReader({ client, name, topics: own, onRecord, lingerMs });
    });
  return {
    async start(onRecord) {
      readers = make(onRecord);
      await Promise.all(readers.map((reader) => reader.start()));
      await Promise.all(readers.map((reader) => reader.caughtUp));
    },
    stop: async () => void (await Promise.all(readers.map((reader) => reader.stop()))),
    missing: () =>
      readers.length === 0 ? ['panel: not connected to Kafka'] : readers.flatMap((reader) => reader.missing()),
  };
}
