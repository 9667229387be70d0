import type { CloudEvent } from '../../contracts/cloud-events.ts';
import type { Alarm, ResetRequest, ValveRequest, ValveState } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import { incidentRecord } from './records.ts';
import { type FloorState, noteHandled, quietFloor } from './state.ts';
import { answerOverdue, orderValve, type Step, valveReported } from './valve.ts';

/** What a floor hears of. */
export type FloorEvent =
  | { readonly kind: 'alarm'; readonly event: CloudEvent<Alarm> }
  | { readonly kind: 'switch'; readonly event: CloudEvent<ValveRequest> }
  | { readonly kind: 'reset'; readonly event: CloudEvent<ResetRequest> }
  | { readonly kind: 'report'; readonly event: CloudEvent<ValveState> };

/** One event of a floor. A repeated one answers with the very state it was given, and asks for nothing. */
export function floorStep(known: FloorState | undefined, input: FloorEvent, now: number): Step {
  const before = known ?? quietFloor(input.event.data.floor);
  if (input.kind === 'alarm') return alarm(before, input.event, now);
  const state = noteHandled(before, input.event.id);
  if (!state) return { state: before, outputs: [] };
  switch (input.kind) {
    case 'switch':
      return switchValve(state, input.event, now);
    case 'reset':
      return reset(state, input.event, now);
    case 'report':
      return valveReported(state, input.event, now);
  }
}

/** When `floorOverdue` has something to do, milliseconds since the epoch; undefined for never. */
export function floorDeadline(state: FloorState): number | undefined {
  return state.order?.deadline;
}

export function floorOverdue(state: FloorState, now: number): Step {
  return answerOverdue(state, now);
}

/**
 * The first alarm opens incident and valve, and latches; a further detector joins, and opens the valve again if a human has
 * closed it since. A detector that goes on signalling changes nothing: the human who closed the valve knows of it.
 */
function alarm(before: FloorState, { id, data }: CloudEvent<Alarm>, now: number): Step {
  const state = noteAlarm(before, data);
  if (!state || state.fire?.detectors.includes(data.detector)) return { state: state ?? before, outputs: [] };
  const fire = state.fire
    ? { ...state.fire, detectors: [...state.fire.detectors, data.detector] }
    : { incident: idOf('incident', 'fire', id), detectors: [data.detector] };
  const burning: FloorState = { ...state, fire };
  const opens = !state.fire || state.wanted !== 'open';
  const order = { id: idOf('valve-command', id), position: 'open', by: `incident/${fire.incident}` } as const;
  const ordered = opens ? orderValve(burning, order, now) : { state: burning, outputs: [] };
  const reason = state.fire
    ? `Detector ${data.detector} signals fire too.${opens ? ' The valve had been closed and is opened again.' : ''}`
    : `Detector ${data.detector} on floor ${data.floor} signals fire. The valve of floor ${data.floor} is opened.`;
  const notice = incidentRecord(
    {
      incident: fire.incident,
      kind: 'fire',
      change: state.fire ? 'updated' : 'opened',
      subject: `floor/${data.floor}`,
      floor: data.floor,
      detectors: fire.detectors,
      reason,
    },
    now,
    state.fire ? data.detector : '',
  );
  return { state: ordered.state, outputs: [...ordered.outputs, notice] };
}

/**
 * The state that has noted the alarm; undefined where it is a repetition: neither further in `signals` nor later than the
 * detector's last one. Both, because a topic made anew starts at offset 0, and a clock may be put back: for a fire, a
 * duplicate is preferred to a loss.
 */
function noteAlarm(state: FloorState, { detector, offset, at }: Alarm): FloorState | undefined {
  if (offset === undefined) return state;
  const time = Date.parse(at);
  const last = state.heard[detector];
  if (last && offset <= last.offset && time <= last.at) return undefined;
  return { ...state, heard: { ...state.heard, [detector]: { offset, at: time } } };
}

/** A human is obeyed at any time, also without a fire. */
function switchValve(state: FloorState, { id, data }: CloudEvent<ValveRequest>, now: number): Step {
  return orderValve(state, { id, position: data.position, by: operator(data.by) }, now);
}

/**
 * Ends the fire incident; the valve stays as it is until a human closes it. The HTTP API refuses a reset while a detector
 * signals 1; one that signals after it anyhow is a new fire.
 */
function reset(state: FloorState, { data }: CloudEvent<ResetRequest>, now: number): Step {
  if (!state.fire) return { state, outputs: [] };
  const { incident, detectors } = state.fire;
  const notice = incidentRecord(
    {
      incident,
      kind: 'fire',
      change: 'closed',
      subject: `floor/${data.floor}`,
      floor: data.floor,
      detectors,
      reason: `Floor ${data.floor} was reset by ${operator(data.by)}.`,
    },
    now,
  );
  return { state: { ...state, fire: null }, outputs: [notice] };
}

const LONGEST_NAME = 200;

/** On whose behalf, as valve commands say it: `operator/…`. */
function operator(by: string): string {
  return (by.startsWith('operator/') ? by : `operator/${by}`).slice(0, LONGEST_NAME);
}
