import type { InRecord, OutRecord } from './kafka-records.ts';
import { deadLetterTopic } from './kafka-topics.ts';

/** Headers of a dead letter, as Kafka Connect names them (KIP-298); values are text. */
export const DEAD_LETTER_HEADERS = {
  topic: '__connect.errors.topic',
  partition: '__connect.errors.partition',
  offset: '__connect.errors.offset',
  code: '__connect.errors.exception.class.name',
  message: '__connect.errors.exception.message',
} as const;

/** The Kafka topic to which a replay publishes a dead letter again; absent where a replay could not help. */
export const REPLAY_TOPIC_HEADER = 'smokewire.replay-topic';

/** How many bytes a payload had whose dead letter carries only its beginning. */
export const PAYLOAD_BYTES_HEADER = 'smokewire.payload-bytes';

/** How many attempts at sending a notification were made, on a retry's record and on a dead letter. */
export const ATTEMPTS_HEADER = 'smokewire.attempts';

/** The time before which a retry must not be sent, milliseconds since the Unix epoch. */
export const NOT_BEFORE_HEADER = 'smokewire.not-before';

/** A Kafka record that nobody can handle, as it goes to its dead letter topic: key, value and headers unchanged. */
export function deadLetterOf(record: InRecord, error: { code: string; message: string }, now: number): OutRecord {
  return {
    topic: deadLetterTopic(record.topic),
    key: record.key,
    value: record.value,
    headers: {
      ...textHeaders(record),
      [DEAD_LETTER_HEADERS.topic]: record.topic,
      [DEAD_LETTER_HEADERS.partition]: String(record.partition),
      [DEAD_LETTER_HEADERS.offset]: String(record.offset),
      [DEAD_LETTER_HEADERS.code]: error.code,
      [DEAD_LETTER_HEADERS.message]: error.message,
      [REPLAY_TOPIC_HEADER]: record.topic.replace(/\.retry-\d+$/, ''),
    },
    timestamp: now,
  };
}

/** A record's headers as text, the last of each where one is repeated. */
export function textHeaders(record: InRecord): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, raw] of Object.entries(record.headers)) {
    const value = Array.isArray(raw) ? raw.at(-1) : raw;
    if (value !== undefined) headers[name] = value.toString();
  }
  return headers;
}
