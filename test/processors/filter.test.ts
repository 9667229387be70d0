import { expect, test } from 'vitest';
import { parseEvent } from '../../contracts/cloud-events.ts';
import { alarmDetected } from '../../contracts/events.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import { signalRecord } from '../../contracts/signals.ts';
import { filterSignal } from '../../processors/filter.ts';
import { NOTHING } from '../../transport/kafka/types.ts';
import { ceId, received } from './records.ts';

const NOW = Date.UTC(2026, 0, 1);
const signal = (value: 0 | 1, detector = 412, floor = 3): OutRecord =>
  signalRecord({ detector, floor, value, bridge: 'b', receivedAt: NOW, site: 'hq' });

test('a 1 becomes an alarm under its floor, a 0 nothing', () => {
  expect(filterSignal(received(signal(0), 6), NOW)).toBe(NOTHING);
  const [alarm, ...others] = filterSignal(received(signal(1), 7), NOW + 50).outputs;
  if (!alarm) throw new Error('no alarm');
  expect(others).toEqual([]);
  expect(alarm.key).toBe('3');
  expect(parseEvent(received(alarm, 0), [alarmDetected]).data).toEqual({
    floor: 3,
    detector: 412,
    at: new Date(NOW).toISOString(),
    offset: 7,
  });
});

test('a signal read twice is one alarm, and two signals are two', () => {
  const idAt = (offset: number, partition: number) =>
    filterSignal(received(signal(1), offset, partition), NOW)
      .outputs.map(ceId)
      .join();
  expect(idAt(7, 0)).toBe(idAt(7, 0));
  expect(new Set([idAt(7, 0), idAt(8, 0), idAt(7, 1)]).size).toBe(3);
});

test('what is no signal is refused, and so is the fire of a canary', () => {
  const refused = expect.objectContaining({ code: 'RECORD_INVALID' });
  const good = received(signal(1), 7);
  expect(() => filterSignal(received(signal(1, -1, 0), 7), NOW)).toThrow(refused);
  for (const broken of [
    { ...good, value: null },
    { ...good, value: Buffer.from('2') },
    { ...good, value: Buffer.from('11') },
    { ...good, key: null },
    { ...good, key: '7x' },
    { ...good, headers: {} },
    { ...good, headers: { floor: 'attic' } },
  ]) {
    expect(() => filterSignal(broken, NOW)).toThrow(refused);
  }
});

test('a time stamp that is no date does not cost the alarm', () => {
  for (const timestamp of [-1, 9e15]) {
    const [alarm] = filterSignal({ ...received(signal(1), 7), timestamp }, NOW).outputs;
    expect(alarm?.timestamp).toBe(NOW);
    if (alarm) expect(parseEvent(received(alarm, 0), [alarmDetected]).data.detector).toBe(412);
  }
});
