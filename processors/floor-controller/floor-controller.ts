import { parseEvent } from '../../contracts/cloud-events.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import { alarmDetected, resetRequested, valveReported, valveRequested } from '../../contracts/events.ts';
import { coordinatesOf, headerOf, type InRecord } from '../../contracts/kafka-records.ts';
import { keyedTask } from '../../transport/kafka/keyed-task.ts';
import type { TaskDefinition } from '../../transport/kafka/types.ts';
import { floorStateSchema } from './state.ts';
import { type FloorEvent, floorDeadline, floorOverdue, floorStep } from './step.ts';

const CHANGELOG = 'floor-controller.state';

/** Opens a floor's valve in a fire, obeys the humans who switch it, and finds out that it does not answer. */
export function floorControllerDefinition(): TaskDefinition {
  return {
    role: 'floor-controller',
    inputs: ['alarms', 'operator-commands', 'valve-states'],
    tables: [CHANGELOG],
    lingerMs: 0,
    createTask: (partition) =>
      keyedTask({
        partition,
        stateSchema: floorStateSchema,
        changelogTopic: CHANGELOG,
        keyOf: (record) => record.key ?? '',
        step: (state, record, now) => floorStep(state, parseFloorEvent(record), now),
        deadline: floorDeadline,
        wake: floorOverdue,
      }),
  };
}

/** Throws RECORD_INVALID, also where the key is not the floor: the state under it would be another floor's. */
export function parseFloorEvent(record: InRecord): FloorEvent {
  const input = parse(record);
  if (String(input.event.data.floor) !== record.key) {
    throw new SmokewireError('RECORD_INVALID', `${coordinatesOf(record)}: the key is not the floor`);
  }
  return input;
}

function parse(record: InRecord): FloorEvent {
  switch (record.topic) {
    case 'alarms':
      return { kind: 'alarm', event: parseEvent(record, [alarmDetected]) };
    case 'valve-states':
      return { kind: 'report', event: parseEvent(record, [valveReported]) };
    default:
      return headerOf(record, 'ce_type') === resetRequested.type
        ? { kind: 'reset', event: parseEvent(record, [resetRequested]) }
        : { kind: 'switch', event: parseEvent(record, [valveRequested]) };
  }
}
