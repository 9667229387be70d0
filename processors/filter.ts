import { rfc3339 } from '../contracts/clock.ts';
import { eventRecord } from '../contracts/cloud-events.ts';
import { SmokewireError } from '../contracts/errors.ts';
import { alarmDetected } from '../contracts/events.ts';
import { idOf } from '../contracts/ids.ts';
import { coordinatesOf, type InRecord } from '../contracts/kafka-records.ts';
import { isCanary, parseSignal, signalValueOf } from '../contracts/signals.ts';
import { type Emission, NOTHING, type Task, type TaskDefinition } from '../transport/kafka/types.ts';
import { plausibleTime } from './plausible-time.ts';

/** `filterValues(1)`: every signal 1 becomes an alarm under its floor. It keeps no state, so it can be anywhere and twice. */
export function filterDefinition(): TaskDefinition {
  const task: Task = { input: filterSignal };
  return { role: 'filter', inputs: ['signals'], lingerMs: 0, createTask: () => task };
}

/**
 * One record of `signals`. Throws RECORD_INVALID for what is neither 0 nor 1, and for a 1 that cannot be read or comes from
 * a canary. A 0 is not looked into (the watchdog buries the ones that cannot be read), since nearly all signals are.
 */
export function filterSignal(record: InRecord, now: number): Emission {
  if (signalValueOf(record) === 0) return NOTHING;
  const signal = parseSignal(record);
  if (isCanary(signal.detector)) {
    throw new SmokewireError('RECORD_INVALID', `${coordinatesOf(record)}: a canary signals 1, which is never a fire`);
  }
  const at = plausibleTime(signal.receivedAt, now);
  const alarm = eventRecord(alarmDetected, {
    id: idOf('alarm', coordinatesOf(record)),
    source: 'filter',
    time: at,
    data: { floor: signal.floor, detector: signal.detector, at: rfc3339(at), offset: record.offset },
  });
  return { outputs: [alarm], changelog: [] };
}
