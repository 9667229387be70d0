import type { InRecord } from '../../contracts/kafka-records.ts';
import { untilAborted } from '../../contracts/until-aborted.ts';
import { kafkaClient } from '../../transport/kafka/client.ts';
import { TopicReader } from '../../transport/kafka/reader.ts';
import { stderrLogger } from '../logger.ts';
import type { Terminal } from './terminal.ts';

/** Reads a topic until the terminal says to stop. */
export async function tailTopic(
  terminal: Terminal,
  options: {
    topic: string;
    brokers: readonly string[];
    topicPrefix: string;
    from: 'beginning' | 'end';
    onRecord: (record: InRecord) => void;
  },
): Promise<void> {
  const { topic, brokers, topicPrefix, from, onRecord } = options;
  const logger = stderrLogger(terminal.env['LOG_LEVEL'] || 'warn');
  const client = kafkaClient({ brokers, clientId: 'smokewire-tail', topicPrefix, logger, wireClock: terminal.clock });
  const reader = new TopicReader({ client, name: 'tail', topics: new Map([[topic, from]]), onRecord });
  try {
    await reader.start();
    await untilAborted(terminal.stopping);
  } finally {
    await reader.stop();
  }
}
