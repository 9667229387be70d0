import { rfc3339 } from '../../contracts/clock.ts';
import type { ValveState } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import type { ValvePosition } from '../../contracts/mqtt-payloads.ts';
import { commandRecord, incidentRecord } from './records.ts';
import type { FloorState } from './state.ts';

/**
 * How long a valve may take to answer, and how long a command is good for: as long as a fire alarm may take to take effect
 * (EN 54-2 7.1). A command that comes later would act on a building that has changed.
 */
export const VALVE_ANSWER_MS = 10_000;

/** Commands sent for one order to open, one each VALVE_ANSWER_MS: a minute in which a valve may come back by itself. */
export const OPEN_ATTEMPTS = 6;

/** A deadline noticed later than this says that we were away, not that the valve is broken: its answer may wait unread. */
const LATE_MS = 1_000;

/** What a step answers: the floor's next state, the same object where nothing changed, and what to write. */
export interface Step {
  readonly state: FloorState;
  readonly outputs: readonly OutRecord[];
}

type Order = NonNullable<FloorState['order']>;

/** Orders the valve to a position. A newer order takes the place of one that is not answered yet. */
export function orderValve(
  state: FloorState,
  { id, position, by }: Pick<Order, 'id' | 'position' | 'by'>,
  now: number,
): Step {
  const order: Order = { id, position, by, attempts: 1, deadline: now + VALVE_ANSWER_MS, extended: false };
  return { state: { ...state, wanted: position, order }, outputs: [command(state.floor, order, now)] };
}

/** The valve says where it stands. */
export function valveReported(before: FloorState, report: { id: string; data: ValveState }, now: number): Step {
  const { position, commandId } = report.data;
  const answered = before.order !== null && before.order.position === position && answers(before.order, commandId);
  const state = answered ? { ...before, order: null } : before;
  if (state.order) return { state, outputs: [] };
  if (position === state.wanted) return closeFault(state, position, now);
  if (state.fire && state.wanted === 'open') {
    // It answered before, or was given up, and stands closed in a fire: it has restarted, and does not know of the order.
    const id = idOf('valve-command', report.id);
    return orderValve(state, { id, position: 'open', by: `incident/${state.fire.incident}` }, now);
  }
  return { state, outputs: [] };
}

/** The order's deadline has passed without an answer: a fault, and for an open valve another command with an id of its own. */
export function answerOverdue(state: FloorState, now: number): Step {
  const { order } = state;
  if (!order || now < order.deadline) return { state, outputs: [] };
  const late = now - order.deadline > LATE_MS && !order.extended;
  const faulty = late || state.fault ? { state, outputs: [] } : openFault(state, order, now);
  const patient: Order = { ...order, deadline: now + VALVE_ANSWER_MS, extended: order.extended || late };
  if (order.position === 'open' && order.attempts < OPEN_ATTEMPTS) {
    const again: Order = { ...patient, attempts: order.attempts + 1 };
    return {
      state: { ...faulty.state, order: again },
      outputs: [command(state.floor, again, now), ...faulty.outputs],
    };
  }
  return { state: { ...faulty.state, order: late ? patient : null }, outputs: faulty.outputs };
}

function command(floor: number, order: Order, now: number): OutRecord {
  const { position, by } = order;
  const expires = rfc3339(now + VALVE_ANSWER_MS);
  return commandRecord({ floor, position, by, id: commandId(order.id, order.attempts), expires }, now);
}

/** Each attempt has an id of its own, since a valve that recognises the first one would not try again. */
function commandId(order: string, attempt: number): string {
  return attempt === 1 ? order : idOf('valve-command', order, attempt);
}

/** An answer names any command sent for the order; a valve that has just started names none. */
function answers(order: Order, answered: string | null): boolean {
  if (answered === null) return true;
  for (let attempt = 1; attempt <= order.attempts; attempt++) {
    if (commandId(order.id, attempt) === answered) return true;
  }
  return false;
}

function openFault(state: FloorState, order: Order, now: number): Step {
  const incident = idOf('incident', 'valve', order.id);
  const reason = `The valve of floor ${state.floor} did not answer within ${VALVE_ANSWER_MS / 1_000} s that it is ${order.position}.`;
  return { state: { ...state, fault: { incident } }, outputs: [faultRecord(state, incident, 'opened', reason, now)] };
}

function closeFault(state: FloorState, position: ValvePosition, now: number): Step {
  if (!state.fault) return { state, outputs: [] };
  const reason = `The valve of floor ${state.floor} reports that it is ${position}.`;
  return {
    state: { ...state, fault: null },
    outputs: [faultRecord(state, state.fault.incident, 'closed', reason, now)],
  };
}

function faultRecord(
  { floor }: FloorState,
  incident: string,
  change: 'opened' | 'closed',
  reason: string,
  now: number,
): OutRecord {
  return incidentRecord(
    { incident, kind: 'fault', change, subject: `valve/${floor}`, floor, detectors: [], reason },
    now,
  );
}
