import { type Clock, sleep } from '../../../contracts/clock.ts';
import { SmokewireError } from '../../../contracts/errors.ts';
import type { InRecord } from '../../../contracts/kafka-records.ts';
import type { KafkaClient } from '../../../transport/kafka/client.ts';
import { TopicReader } from '../../../transport/kafka/reader.ts';
import { STORY_TOPICS } from './hops.ts';

/** How long a story may take to be read, in milliseconds of the machine: Kafka itself may be what is wrong. */
const STORY_MS = 5_000;

/** All that Kafka has of a story. @throws SmokewireError KAFKA_UNREACHABLE where Kafka does not give its records */
export async function readStory(client: KafkaClient, wireClock: Clock): Promise<InRecord[]> {
  const records: InRecord[] = [];
  const reader = new TopicReader({
    client,
    name: 'story',
    topics: new Map(STORY_TOPICS.map((topic) => [topic, 'beginning'])),
    onRecord: (record) => void records.push(record),
  });
  const read = reader.start().then(() => reader.caughtUp);
  const enough = new AbortController();
  const late = sleep(wireClock, 'story', STORY_MS, enough.signal).then(() => 'late');
  try {
    if ((await Promise.race([read, late])) !== 'late') return records;
    throw new SmokewireError('KAFKA_UNREACHABLE', `Kafka did not give the records of the story in ${STORY_MS} ms`);
  } finally {
    enough.abort();
    read.catch(() => {});
    await reader.stop();
  }
}
