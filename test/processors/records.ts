import type { Notification } from '../../contracts/events.ts';
import { headerOf, type InRecord, type OutRecord } from '../../contracts/kafka-records.ts';
import type { Emission } from '../../transport/kafka/types.ts';

/** A record that was written, as it is read again at `offset`. */
export function received(
  { topic, key, value, headers, timestamp }: OutRecord,
  offset: number,
  partition = 0,
): InRecord {
  const raw = Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(text)]));
  return { topic, partition, offset, timestamp, key, value: value === null ? null : Buffer.from(value), headers: raw };
}

export function ceId(record: OutRecord): string {
  return headerOf(received(record, 0), 'ce_id') ?? '';
}

/** The data of each record of `topic`, with its event's id. */
export function dataOf(records: readonly OutRecord[], topic: string): Record<string, unknown>[] {
  return records
    .filter((record) => record.topic === topic)
    .map((record) => ({ ...JSON.parse(String(record.value)), ceId: ceId(record) }));
}

/** `kind change subject` of each notification, as `fault opened detector/8`. */
export function headlines({ outputs }: Pick<Emission, 'outputs'>): string[] {
  return outputs
    .filter((record) => record.topic === 'notifications')
    .map((record): Notification => JSON.parse(String(record.value)))
    .map(({ kind, change, subject }) => `${kind} ${change} ${subject}`);
}
