import type { RecordSource } from '../panel/record-source.ts';
import type { KafkaClient } from '../transport/kafka/client.ts';
import { type From, TopicReader } from '../transport/kafka/reader.ts';

/** How long a fetch may wait for company, in milliseconds: what people look at may be that old. */
const LINGER_MS = 20;

/** The panel's records, straight from Kafka; what was there before it began to look is no news. */
export function panelSource(client: KafkaClient, topics: ReadonlyMap<string, From>): RecordSource {
  let reader: TopicReader | undefined;
  return {
    async start(onRecord) {
      let news = false;
      reader = new TopicReader({
        client,
        name: 'panel',
        topics,
        onRecord: (record) => onRecord(record, news),
        lingerMs: LINGER_MS,
      });
      await reader.start();
      await reader.caughtUp;
      news = true;
    },
    stop: async () => await reader?.stop(),
    missing: () => reader?.missing() ?? ['panel: not connected to Kafka'],
  };
}
