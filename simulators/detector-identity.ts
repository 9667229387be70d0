import type { DetectorMode } from '../contracts/mqtt-payloads.ts';
import type { Random } from '../contracts/random.ts';

/** What a detector is; times in milliseconds. */
export interface DetectorIdentity {
  readonly id: number;
  readonly floor: number;
  readonly mode: DetectorMode;
  readonly heartbeatMs: number;
  /** When it beats within each period: `0 <= phaseMs < heartbeatMs`. */
  readonly phaseMs: number;
}

export interface FleetPlan {
  /** How many; their ids count from 1. */
  readonly detectors: number;
  /** Detector i is on floor 1 + (i − 1) mod `floors`. */
  readonly floors: number;
  /** Milliseconds; dealt out in turn. */
  readonly heartbeatMs: readonly number[];
  /** How many of them, the last ones, have to be asked. */
  readonly passive: number;
  /**
   * Whether all detectors of one period beat at the same instant, and those that signal 1 one after the other: right where
   * time stands still between two instants. Default false: phases are spread, so that a fleet does not beat in one burst.
   */
  readonly together?: boolean;
}

/** Deals out floors, heartbeats and modes in turn, and phases by chance. */
export function detectorIdentities(plan: FleetPlan, random: Random): DetectorIdentity[] {
  const { detectors, floors, heartbeatMs, passive, together = false } = plan;
  return Array.from({ length: detectors }, (_, index) => {
    const period = heartbeatMs[index % heartbeatMs.length] ?? 1_000;
    return {
      id: index + 1,
      floor: 1 + (index % floors),
      mode: index < detectors - passive ? 'active' : 'passive',
      heartbeatMs: period,
      phaseMs: together ? 0 : Math.floor(random.next() * period),
    };
  });
}
