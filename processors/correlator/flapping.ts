import { z } from 'zod';
import { rfc3339 } from '../../contracts/clock.ts';
import { type Verdict, verdictReached } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';

/**
 * A detector that comes and goes is one fault (ISA-18.2 calls it a chattering alarm): its third silence begins so soon after its
 * first that to tell of each would teach people to look away.
 */
export const FLAPPING_SILENCES = 3;
export const FLAPPING_WITHIN_MS = 10 * 60_000;
/** It is over when the detector has been heard, or silent, for so long without a change. */
export const STEADY_MS = 5 * 60_000;

const flapSchema = z.object({
  incident: z.uuid(),
  /** When its first silence began, RFC 3339, and how many there have been. */
  since: z.string(),
  count: z.int(),
  /** The newest of them, as its watchdog said it. */
  silence: verdictReached.schema,
});
type Flap = z.infer<typeof flapSchema>;

/** What is kept of a detector that fell silent lately. Times are ms since the epoch. */
export const flappingSchema = z.object({
  is: z.literal('flapping'),
  /** `detector/7` */
  subject: z.string(),
  /** When each of its last silences began, by its watchdog's clock: those that may still be one too many. */
  silences: z.array(z.number()),
  /** Its newest silence, and whether that lasts. */
  episode: z.int(),
  silent: z.boolean(),
  /** Its last change by its watchdog's clock, and when we heard of it by ours. */
  changedAt: z.number(),
  heardAt: z.number(),
  flap: flapSchema.optional(),
});
export type Flapping = z.infer<typeof flappingSchema>;

/** What comes of a verdict, or of time. */
export interface FlappingStep {
  /** What is known from now on; undefined where nothing is left to know. */
  readonly state: Flapping | undefined;
  /** What is to be told as if the watchdog had said so, in this order. */
  readonly verdicts: readonly Verdict[];
  /** The fault that is told goes on: for the panel alone. */
  readonly updated?: { readonly subject: string; readonly incident: string; readonly reason: string };
}

/**
 * One verdict about a detector's silence. What is no news (a redundant watchdog, a repetition) changes nothing. While the
 * detector flaps its silences are kept back; that one is over is never kept back, so what was told before is closed.
 */
export function step(before: Flapping | undefined, verdict: Verdict, now: number): FlappingStep {
  const at = Date.parse(verdict.at);
  // A log that is read late says itself that it was steady in between.
  const settled = before?.flap && at - before.changedAt >= STEADY_MS ? steady(before, before.flap, now) : undefined;
  const { state, verdicts, updated } = next(settled ? settled.state : before, verdict, at, now);
  return { state, verdicts: [...(settled?.verdicts ?? []), ...verdicts], ...(updated && { updated }) };
}

/** When it has been steady for long enough, if nothing comes; by the wall clock, for time in which somebody listened: since `awakeSince`. */
export function deadline({ heardAt, flap }: Flapping, awakeSince: number): number {
  return Math.max(heardAt, awakeSince) + (flap ? STEADY_MS : FLAPPING_WITHIN_MS);
}

/** Its deadline has come. */
export function wake(state: Flapping, now: number): FlappingStep {
  return state.flap ? steady(state, state.flap, now) : { state: undefined, verdicts: [] };
}

function next(before: Flapping | undefined, verdict: Verdict, at: number, now: number): FlappingStep {
  const passed = { state: before, verdicts: [verdict] };
  switch (verdict.change) {
    case 'opened':
      if (before && verdict.episode <= before.episode) return before.flap ? { ...passed, verdicts: [] } : passed;
      return fallen(before, verdict, at, now);
    case 'closed':
      if (!before?.silent || verdict.episode < before.episode) return passed;
      return { ...passed, state: { ...before, silent: false, changedAt: at, heardAt: now } };
    default:
      return before?.flap ? { ...passed, verdicts: [] } : passed;
  }
}

/** It fell silent. */
function fallen(before: Flapping | undefined, silence: Verdict, at: number, now: number): FlappingStep {
  const silences = [...(before?.silences ?? []), at].filter((earlier) => at - earlier <= FLAPPING_WITHIN_MS);
  const { site, subject, episode } = silence;
  const state: Flapping = { is: 'flapping', subject, silences, episode, silent: true, changedAt: at, heardAt: now };
  if (before?.flap) {
    const flap = { ...before.flap, count: before.flap.count + 1, silence };
    const updated = { subject, incident: flap.incident, reason: flappingReason(flap) };
    return { state: { ...state, silences: [], flap }, verdicts: [], updated };
  }
  if (silences.length < FLAPPING_SILENCES) return { state, verdicts: [silence] };
  const incident = idOf('incident', 'flapping', site, subject, episode);
  const flap = { incident, since: rfc3339(Math.min(...silences)), count: silences.length, silence };
  const opened = { ...silence, cause: 'flapping' as const, incident, reason: flappingReason(flap) };
  return { state: { ...state, silences: [], flap }, verdicts: [opened] };
}

/** It has stayed as it is: a silence that lasts is told as one, so that a death is never hidden. */
function steady({ silent, changedAt }: Flapping, { incident, since, count, silence }: Flap, now: number): FlappingStep {
  const told = { ...silence, at: rfc3339(now) };
  const reason = `${nameOf(silence)} was silent ${count} times since ${since}, and has been ${silent ? 'silent' : 'heard'} since ${rfc3339(changedAt)}.`;
  const closed = { ...told, cause: 'flapping' as const, incident, change: 'closed' as const, reason };
  return { state: undefined, verdicts: silent ? [closed, told] : [closed] };
}

function flappingReason({ count, since, silence }: Flap): string {
  return `${nameOf(silence)} comes and goes: it was silent ${count} times since ${since}. The next that is told of it comes once it has been steady for ${STEADY_MS / 60_000} min.`;
}

function nameOf({ subject, floor }: Verdict): string {
  const name = subject.replace('detector/', 'Detector ');
  return floor === null ? name : `${name} on floor ${floor}`;
}
