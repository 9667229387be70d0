import { type CloudEvent, parseEvent } from '../contracts/cloud-events.ts';
import { ATTEMPTS_HEADER, NOT_BEFORE_HEADER } from '../contracts/dead-letters.ts';
import { SmokewireError } from '../contracts/errors.ts';
import { headerOf, type InRecord } from '../contracts/kafka-records.ts';
import type { Channel, Notice } from './channel.ts';

/** One attempt at sending a notice, as a record asks for it. */
export interface Attempt<N extends Notice> {
  readonly record: InRecord;
  readonly event: CloudEvent<N>;
  /** How many attempts were made before, each of them failed. */
  readonly made: number;
  /** Not to be sent before, milliseconds since the Unix epoch; 0 for at once. */
  readonly notBefore: number;
}

/**
 * The attempt in a record of a channel's topic or of one of its retry topics. The headers of a retry count in retry topics
 * only: a dead letter that is replayed begins anew.
 * @throws SmokewireError RECORD_INVALID
 */
export function readAttempt<N extends Notice>(channel: Channel<N>, record: InRecord): Attempt<N> {
  const event = parseEvent(record, [channel.definition]);
  if (record.topic === channel.definition.topic) return { record, event, made: 0, notBefore: 0 };
  return {
    record,
    event,
    made: countIn(record, ATTEMPTS_HEADER),
    notBefore: countIn(record, NOT_BEFORE_HEADER),
  };
}

function countIn(record: InRecord, header: string): number {
  const text = headerOf(record, header);
  const count = Number(text);
  if (text && Number.isSafeInteger(count) && count >= 0) return count;
  throw new SmokewireError('RECORD_INVALID', `${record.topic}[${record.partition}]@${record.offset}: no ${header}`);
}
