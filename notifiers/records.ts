import { rfc3339 } from '../contracts/clock.ts';
import { eventRecord } from '../contracts/cloud-events.ts';
import {
  ATTEMPTS_HEADER,
  deadLetterOf,
  NOT_BEFORE_HEADER,
  REPLAY_TOPIC_HEADER,
  textHeaders,
} from '../contracts/dead-letters.ts';
import { type ErrorCode, SmokewireError } from '../contracts/errors.ts';
import { type Delivery, deliveryRecorded } from '../contracts/events.ts';
import { idOf } from '../contracts/ids.ts';
import { coordinatesOf, type InRecord, type OutRecord } from '../contracts/kafka-records.ts';
import type { Attempt } from './attempt.ts';
import type { Channel, Notice } from './channel.ts';
import { deliveryLamp } from './delivery-lamp.ts';
import type { Parking } from './retry-schedule.ts';

/** What is written for each thing that can become of a notice; it is written before the notice's offset is committed. */

interface Failure {
  readonly code: ErrorCode;
  readonly reason: string;
}

/** It was sent: so it says in `deliveries`. */
export function sentRecords<N extends Notice>(channel: Channel<N>, attempt: Attempt<N>, now: number): OutRecord[] {
  return [deliveryRecord(channel, attempt, 'sent', null, now)];
}

/** It failed, and is published again for a later attempt. */
export function retriedRecords<N extends Notice>(
  channel: Channel<N>,
  attempt: Attempt<N>,
  failure: Failure,
  parking: Parking,
  now: number,
): OutRecord[] {
  return [
    parkedRecord(attempt.record, attempt.made + 1, parking),
    deliveryRecord(channel, attempt, 'retried', words(failure), now),
  ];
}

/** It follows one that is tried again later: no attempt was made, so none is counted and none is told. */
export function followingRecord<N extends Notice>({ record, made }: Attempt<N>, parking: Parking): OutRecord {
  return parkedRecord(record, made, parking);
}

/** It failed for good, or for the last time: a dead letter, and a lamp that says so. */
export function deadRecords<N extends Notice>(
  channel: Channel<N>,
  attempt: Attempt<N>,
  failure: Failure,
  now: number,
): OutRecord[] {
  const { record, event } = attempt;
  const letter = deadLetterOf(record, { code: failure.code, message: failure.reason }, now);
  const expired = failure.code === 'NOTICE_EXPIRED';
  const made = expired ? attempt.made : attempt.made + 1;
  const headers: Record<string, string> = { ...letter.headers, [ATTEMPTS_HEADER]: String(made) };
  delete headers[NOT_BEFORE_HEADER];
  // Replayed, it would only expire again.
  if (expired) delete headers[REPLAY_TOPIC_HEADER];
  return [
    { ...letter, headers },
    deliveryRecord(channel, attempt, 'dead', words(failure), now),
    ...deliveryLamp(channel.name, record, { about: event.data, code: failure.code }, now),
  ];
}

/** It is no notice that can be read: a dead letter with a lamp, since somebody meant to tell somebody something. */
export function unreadableRecords<N extends Notice>(
  channel: Channel<N>,
  record: InRecord,
  error: unknown,
  now: number,
): OutRecord[] {
  const { code, message } = error instanceof SmokewireError ? error : new SmokewireError('INTERNAL', 'reading failed');
  return [deadLetterOf(record, { code, message }, now), ...deliveryLamp(channel.name, record, { code }, now)];
}

/** The record again, for a retry topic. It keeps its timestamp, which is the event's time. */
function parkedRecord(record: InRecord, made: number, { topic, notBefore }: Parking): OutRecord {
  return {
    topic,
    key: record.key,
    value: record.value,
    headers: {
      ...textHeaders(record),
      [ATTEMPTS_HEADER]: String(made),
      [NOT_BEFORE_HEADER]: String(notBefore),
    },
    timestamp: record.timestamp,
  };
}

/**
 * Its id comes from the record that asked for the attempt: the same record done twice is told once. That it was sent is
 * told once, however often it was asked for.
 */
function deliveryRecord<N extends Notice>(
  channel: Channel<N>,
  { record, event, made }: Attempt<N>,
  outcome: Delivery['outcome'],
  reason: string | null,
  now: number,
): OutRecord {
  const { id, incident, kind, subject } = event.data;
  return eventRecord(deliveryRecorded, {
    id: idOf('delivery', channel.name, id, outcome, ...(outcome === 'sent' ? [] : [coordinatesOf(record)])),
    source: channel.name,
    time: now,
    data: {
      notification: id,
      incident,
      kind,
      subject,
      channel: channel.name,
      to: channel.recipient(event.data),
      outcome,
      attempt: made + 1,
      at: rfc3339(now),
      reason,
    },
  });
}

function words({ code, reason }: Failure): string {
  return `${code}: ${reason}`;
}
