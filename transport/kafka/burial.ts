import { deadLetterOf, REPLAY_TOPIC_HEADER } from '../../contracts/dead-letters.ts';
import { type ErrorCode, messageOf, SmokewireError } from '../../contracts/errors.ts';
import type { InRecord, OutRecord } from '../../contracts/kafka-records.ts';
import { deadLetterTopic, TOPICS } from '../../contracts/kafka-topics.ts';

/** Of a larger value a dead letter keeps the beginning, in bytes: with its headers it has to fit where the record did. */
const LARGEST_VALUE = 524_288;

/** The code of what went wrong with a record, and its dead letter; none where the record's topic keeps no dead letters. */
export function burial(
  record: InRecord,
  error: unknown,
  now: number,
): { code: ErrorCode; letter: OutRecord | undefined } {
  const code = error instanceof SmokewireError ? error.code : 'STEP_FAILED';
  if (!TOPICS.has(deadLetterTopic(record.topic))) return { code, letter: undefined };
  const whole = record.value === null || record.value.length <= LARGEST_VALUE;
  const kept = whole ? record : { ...record, value: record.value?.subarray(0, LARGEST_VALUE) ?? null };
  const letter = deadLetterOf(kept, { code, message: messageOf(error) }, now);
  return { code, letter: whole ? letter : withoutReplay(letter) };
}

/** What is cut off cannot be replayed. */
function withoutReplay(letter: OutRecord): OutRecord {
  const { [REPLAY_TOPIC_HEADER]: _, ...headers } = letter.headers ?? {};
  return { ...letter, headers };
}
