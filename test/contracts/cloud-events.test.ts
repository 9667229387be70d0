import { expect, test } from 'vitest';
import { eventRecord, parseEvent } from '../../contracts/cloud-events.ts';
import {
  alarmDetected,
  type ResetRequest,
  resetRequested,
  type ValveRequest,
  valveRequested,
} from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { InRecord, OutRecord } from '../../contracts/kafka-records.ts';

/** A record as it comes back from Kafka. */
function asRead(record: OutRecord, offset = 7): InRecord {
  return {
    topic: record.topic,
    partition: 2,
    offset,
    timestamp: record.timestamp,
    key: record.key,
    value: Buffer.from(record.value ?? ''),
    headers: Object.fromEntries(Object.entries(record.headers ?? {}).map(([name, text]) => [name, Buffer.from(text)])),
  };
}

const time = Date.UTC(2026, 0, 2, 3, 4, 5);
const written = eventRecord(alarmDetected, {
  id: idOf('alarm', 'signals/0/1'),
  source: 'filter',
  time,
  data: { floor: 3, detector: 12, at: '2026-01-02T03:04:05.000Z' },
});

test('an event is a record in binary mode: attributes as headers, data as the JSON value', () => {
  expect(written).toMatchObject({ topic: 'alarms', key: '3', timestamp: time });
  expect(written.headers).toMatchObject({
    ce_specversion: '1.0',
    ce_type: 'smokewire.alarm.detected',
    ce_source: '/smokewire/filter',
    ce_time: '2026-01-02T03:04:05.000Z',
  });
  expect(parseEvent(asRead(written), [alarmDetected])).toMatchObject({
    id: idOf('alarm', 'signals/0/1'),
    time,
    data: { floor: 3, detector: 12 },
  });
});

test('the same cause gives the same id, another one another', () => {
  expect(idOf('alarm', 'signals/0/1')).toBe(idOf('alarm', 'signals/0/1'));
  expect(idOf('alarm', 'signals/0/1')).not.toBe(idOf('alarm', 'signals/0/2'));
  expect(idOf('a', 'b', 'c')).not.toBe(idOf('a', 'b,c'));
});

test.each([
  ['no headers', { ...asRead(written), headers: {} }, /ce_id and ce_type are missing/],
  ['no JSON', { ...asRead(written), value: Buffer.from('{') }, /not JSON/],
  ['a tombstone', { ...asRead(written), value: null }, /not JSON/],
  ['a wrong shape', { ...asRead(written), value: Buffer.from('{"floor":"3"}') }, /alarms\[2\]@7: floor: .*detector: /],
])('%s is told with the place of the record', (_, record, message) => {
  expect(() => parseEvent(record, [alarmDetected])).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
  expect(() => parseEvent(record, [alarmDetected])).toThrow(message);
});

test('a type that the reader does not expect is refused', () => {
  expect(() => parseEvent<ValveRequest | ResetRequest>(asRead(written), [valveRequested, resetRequested])).toThrow(
    /ce_type is none of/,
  );
});
