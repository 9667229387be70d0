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
  /** Its last silences, which may be too many; when each began by its watchdog's clock. */
  silences: z.array(z.object({ episode: z.int(), at: z.number() })),
  /** Its newest silence, and whether that lasts. */
  episode: z.int(),
  silent: z.boolean(),
  /** Its last change by its watchdog's clock, and when we heard of it by ours. */
  changedAt: z.number(),
  heardAt: z.number(),
  /** The newest silence as its watchdog said it, where the next to be told would be one too many. */
  silence: verdictReached.schema.optional(),
  /** The fault that people know of. */
  flap: flapSchema.optional(),
});
export type Flapping = z.infer<typeof flappingSchema>;

/** What comes of a verdict, or of time. */
export interface FlappingStep {
  /** What is known from now on; undefined where nothing is left to know. */
  readonly state: Flapping | undefined;
  /** The fault is over: to be told as if the watchdog had said so. If it is silent, that is told as any silence from now on. */
  readonly over?: Verdict;
  /** The fault goes on: for the panel alone. */
  readonly updated?: { readonly subject: string; readonly incident: string; readonly reason: string };
}

/** One verdict about a detector's silence. What is no news (a redundant watchdog, a repetition) changes nothing. */
export function step(before: Flapping | undefined, verdict: Verdict, now: number): FlappingStep {
  const at = Date.parse(verdict.at);
  // A log that is read late says itself that it was steady in between.
  if (before?.flap && at - before.changedAt >= STEADY_MS) {
    return { ...step(undefined, verdict, now), over: overOf(before, before.flap, now) };
  }
  switch (verdict.change) {
    case 'opened':
      return before && verdict.episode <= before.episode ? { state: before } : fallen(before, verdict, at, now);
    case 'closed':
      if (!before?.silent || verdict.episode < before.episode) return { state: before };
      return { state: { ...before, silent: false, changedAt: at, heardAt: now } };
    default:
      return { state: before };
  }
}

/** When it has been steady for long enough, if nothing comes; by the wall clock, for time in which somebody listened: since `awakeSince`. */
export function deadline({ heardAt, flap }: Flapping, awakeSince: number): number {
  return Math.max(heardAt, awakeSince) + (flap ? STEADY_MS : FLAPPING_WITHIN_MS);
}

/** Its deadline has come. */
export function wake(state: Flapping, now: number): FlappingStep {
  return { state: undefined, ...(state.flap && { over: overOf(state, state.flap, now) }) };
}

/** It fell silent. */
function fallen(before: Flapping | undefined, silence: Verdict, at: number, now: number): FlappingStep {
  const { subject, episode } = silence;
  const state: Flapping = { is: 'flapping', subject, silences: [], episode, silent: true, changedAt: at, heardAt: now };
  if (before?.flap) {
    const flap = { ...before.flap, count: before.flap.count + 1, silence };
    return { state: { ...state, flap }, updated: { subject, incident: flap.incident, reason: flappingReason(flap) } };
  }
  const silences = [...(before?.silences ?? []), { episode, at }].filter((one) => at - one.at <= FLAPPING_WITHIN_MS);
  const many = silences.length >= FLAPPING_SILENCES;
  return { state: { ...state, silences, ...(many && { silence }) } };
}

/** Its newest silence was that of a whole scope: it is nobody's own, and does not count. */
export function excuse(state: Flapping, episode: number): Flapping {
  return { ...state, silences: state.silences.filter((one) => one.episode !== episode) };
}

/** Its silence would be told by itself now: where that is one too many, what is told in its place. */
export function begin(before: Flapping): { readonly state: Flapping; readonly opened: Verdict } | undefined {
  const { silence, silences, ...state } = before;
  if (!silence || silences.length < FLAPPING_SILENCES) return undefined;
  const incident = idOf('incident', 'flapping', silence.site, silence.subject, silence.episode);
  const since = rfc3339(Math.min(...silences.map(({ at }) => at)));
  const flap = { incident, since, count: silences.length, silence };
  const opened = { ...silence, cause: 'flapping' as const, incident, reason: flappingReason(flap) };
  return { state: { ...state, silences: [], flap }, opened };
}

/** It has stayed as it is for long enough. */
function overOf({ silent, changedAt }: Flapping, { incident, since, count, silence }: Flap, now: number): Verdict {
  const reason = `${nameOf(silence)} was silent ${count} times since ${since}, and has been ${silent ? 'silent' : 'heard'} since ${rfc3339(changedAt)}.`;
  return { ...silence, at: rfc3339(now), cause: 'flapping', incident, change: 'closed', reason };
}

function flappingReason({ count, since, silence }: Flap): string {
  return `${nameOf(silence)} comes and goes: it was silent ${count} times since ${since}. The next that is told of it comes once it has been steady for ${STEADY_MS / 60_000} min.`;
}

function nameOf({ subject, floor }: Verdict): string {
  const name = subject.replace('detector/', 'Detector ');
  return floor === null ? name : `${name} on floor ${floor}`;
}
