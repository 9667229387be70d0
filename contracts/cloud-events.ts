import type { z } from 'zod';
import { rfc3339 } from './clock.ts';
import { SmokewireError } from './errors.ts';
import { headerOf, type InRecord, type OutRecord } from './kafka-records.ts';

/**
 * A fact that travels as a CloudEvent (1.0) in Kafka's binary content mode: the attributes in `ce_` headers, the data as the
 * JSON value of the record.
 */
export interface EventDefinition<T> {
  /** The event's `type`. */
  readonly type: string;
  readonly topic: string;
  readonly schema: z.ZodType<T>;
  /** The record's key: what the event is about, and what its order is kept for. */
  key(data: T): string;
}

export interface CloudEvent<T> {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly data: T;
}

export function defineEvent<T>(definition: EventDefinition<T>): EventDefinition<T> {
  return definition;
}

/** An event as a record. `source` is the role that says it, `id` is derived from its cause (ids.ts), `time` in ms. */
export function eventRecord<T>(
  definition: EventDefinition<T>,
  { id, source, time, data, headers }: Omit<CloudEvent<T>, 'type'> & { headers?: Readonly<Record<string, string>> },
): OutRecord {
  return {
    topic: definition.topic,
    key: definition.key(data),
    value: JSON.stringify(data),
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ce_specversion: '1.0',
      ce_id: id,
      ce_type: definition.type,
      ce_source: `/smokewire/${source}`,
      ce_time: rfc3339(time),
      ...headers,
    },
    timestamp: time,
  };
}

/** The event in a record; throws RECORD_INVALID where it is not one of `definitions`. */
export function parseEvent<T>(record: InRecord, definitions: readonly EventDefinition<T>[]): CloudEvent<T> {
  const type = headerOf(record, 'ce_type');
  const id = headerOf(record, 'ce_id');
  if (id === undefined || type === undefined) throw invalid(record, 'the headers ce_id and ce_type are missing');
  const definition = definitions.find((candidate) => candidate.type === type);
  if (!definition) {
    throw invalid(record, `ce_type is none of ${definitions.map((candidate) => candidate.type).join(', ')}`);
  }
  const parsed = definition.schema.safeParse(jsonOf(record));
  if (!parsed.success) {
    throw invalid(
      record,
      parsed.error.issues.map((issue) => `${issue.path.join('.') || 'value'}: ${issue.message}`).join('; '),
    );
  }
  return { id, type, source: headerOf(record, 'ce_source') ?? '', time: record.timestamp, data: parsed.data };
}

function jsonOf(record: InRecord): unknown {
  try {
    return JSON.parse(record.value?.toString() ?? '');
  } catch (cause) {
    throw invalid(record, 'the value is not JSON', cause);
  }
}

function invalid(record: InRecord, problem: string, cause?: unknown): SmokewireError {
  return new SmokewireError('RECORD_INVALID', `${record.topic}[${record.partition}]@${record.offset}: ${problem}`, {
    cause,
  });
}
