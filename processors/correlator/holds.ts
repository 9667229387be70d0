import type { Loss, Missing } from './cases.ts';

/** EN 54-2 8.2 allows 100 s from a fault to its indication, window, hold and way; in ms. */
const INDICATED_WITHIN_MS = 95_000;
/** So long a storm is waited for in any case: of a quarter of a million silences the last are found out half a minute after the first. */
const LEAST_STORM_MS = 30_000;
/** Longer than this nobody waits for the last ones of a scope to return, in ms. */
const LONGEST_SETTLING_MS = 120_000;

/** How long a silence waits for others, unless it would be indicated too late; in ms. */
export function holdMs(item: Missing, canaryPeriodMs: number): number {
  const left = Math.max(INDICATED_WITHIN_MS - item.windowMs, 2 * canaryPeriodMs);
  return Math.min(togetherMs(item, canaryPeriodMs), left);
}

/** How long a storm is waited for while it comes in, in ms. */
export function stormMs({ windowMs }: Missing): number {
  return Math.max(INDICATED_WITHIN_MS - windowMs, LEAST_STORM_MS);
}

/** How long a scope that begins to return is waited for, in ms. */
export function settlingMs(loss: Loss, canaryPeriodMs: number): number {
  return Math.min(togetherMs(loss, canaryPeriodMs), LONGEST_SETTLING_MS);
}

/** How long others of the same cause may take to be found out: a heartbeat, and a canary's period at either end. */
function togetherMs({ heartbeatMs }: Missing | Loss, canaryPeriodMs: number): number {
  return heartbeatMs + 2 * canaryPeriodMs;
}
