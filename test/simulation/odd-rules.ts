import type { Oddity } from '../../contracts/events.ts';
import type { Heard } from './bridge.ts';
import type { Plan } from './detector.ts';
import { WINDOWS } from './simulation.ts';

const PERIOD = WINDOWS.canaryPeriodMs;
/** Changes from one source to the other that two detectors take. The first of four may be from where the registry has it. */
const LEAST_CHANGES = 3;
/** So many times as often as its heartbeat lets expect, and so many signals at least: babbling. */
const LEAST_BABBLE = 20;
const LEAST_SIGNALS = 50;

/** The shortest and the longest window by which it was ever judged, ms. */
export function windowsOf({ heartbeats }: Plan): { readonly shortest: number; readonly longest: number } {
  const windows = heartbeats.map(({ heartbeatMs }) =>
    Math.max(WINDOWS.misses * heartbeatMs + WINDOWS.graceMs, 2 * heartbeatMs + PERIOD),
  );
  return { shortest: Math.min(...windows), longest: Math.max(...windows) };
}

/** Whether its signals by then, the last one last, may be found odd. */
export function isOdd(plan: Plan, cause: Oddity, before: readonly Heard[], at: number): boolean {
  const { shortest, longest } = windowsOf(plan);
  switch (cause) {
    case 'wrong-floor': {
      const home = before.findLastIndex(({ floor }) => floor === plan.floor);
      const [first, second] = before.slice(home + 1);
      return first !== undefined && second !== undefined && at - first.at >= shortest / 2;
    }
    case 'duplicate-id':
      return changesOf(before).length >= LEAST_CHANGES;
    case 'babbling': {
      // Proven time may take three times as long as it counts.
      const lately = before.filter((signal) => signal.at > at - 9 * (longest + 2 * PERIOD)).length;
      return lately >= 3 * leastLoud(plan, shortest);
    }
  }
}

/** Whether they may be found odd no more. */
export function isOver(plan: Plan, cause: Oddity, before: readonly Heard[], at: number): boolean {
  const { shortest } = windowsOf(plan);
  const [last] = before.slice(-1);
  switch (cause) {
    case 'wrong-floor':
      // Two detectors by turns are no single one in the wrong place.
      return last?.floor === plan.floor || changesOf(before).length >= LEAST_CHANGES;
    case 'duplicate-id':
      return (changesOf(before).at(-1) ?? 0) < at - 4 * shortest;
    case 'babbling':
      return before.filter((signal) => signal.at > at - shortest / 2).length < leastLoud(plan, shortest / 2);
  }
}

/** How many signals within `ms` are far too many. */
function leastLoud({ heartbeats }: Plan, ms: number): number {
  const quickest = Math.max(...heartbeats.map(({ heartbeatMs }) => heartbeatMs));
  return Math.max(LEAST_SIGNALS, (LEAST_BABBLE * ms) / quickest);
}

/** When signals went over from one floor, or one device, to the other. */
function changesOf(signals: readonly Heard[]): number[] {
  return signals.flatMap(({ floor, isDouble, at }, i) => {
    const before = signals[i - 1];
    return before && (before.floor !== floor || before.isDouble !== isDouble) ? [at] : [];
  });
}
