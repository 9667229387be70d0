import type { Signal } from '../../contracts/signals.ts';
import { Judge } from '../../processors/watchdog/judge.ts';

const T0 = Date.UTC(2026, 0, 1);
const WINDOWS = { misses: 3, graceMs: 1_000, canaryPeriodMs: 1_000 } as const;
const HEARTBEAT_MS = 1_000;
/** Rounds of heartbeats: the first few warm the code up. */
const WARM_UP = 4;
const ROUNDS = 12;

/** What the judge of one partition takes at some number of detectors. */
export interface JudgeFigures {
  readonly detectors: number;
  readonly signalsPerSecond: number;
  /** Resident memory of one detector, in bytes. */
  readonly bytesEach: number;
  /** The longest that one canary record took, with nobody falling silent, in ms. */
  readonly canaryMs: number;
  /** How long the canary record took at which all of them fell silent at once, in ms. */
  readonly stormMs: number;
}

/** One judge on one core; `--expose-gc` makes the memory a figure instead of a guess. */
export function benchJudge(detectors: number): JudgeFigures {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const judge = new Judge(WINDOWS);
  let offset = 0;
  const signal = (detector: number, receivedAt: number): Signal => ({
    detector,
    value: 0,
    floor: detector % 500,
    bridge: 'a',
    receivedAt,
  });
  for (let id = 1; id <= detectors; id++) {
    judge.register(id, id % 500, { mode: 'active', heartbeatMs: HEARTBEAT_MS }, { at: T0, bridge: 'a' });
  }
  judge.restored();
  let signalsMs = 0;
  let canaryMs = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const at = T0 + round * HEARTBEAT_MS;
    const began = performance.now();
    for (let id = 1; id <= detectors; id++) judge.signal(signal(id, at + 1), offset++);
    const heard = performance.now();
    judge.canary(offset++, 'a', at + 500);
    if (round < WARM_UP) continue;
    signalsMs += heard - began;
    canaryMs = Math.max(canaryMs, performance.now() - heard);
  }
  globalThis.gc?.();
  const bytesEach = (process.memoryUsage().rss - before) / detectors;
  let stormMs = 0;
  for (let s = 0; s < 6; s++) {
    const began = performance.now();
    judge.canary(offset++, 'a', T0 + (ROUNDS + s) * 1_000 + 500);
    stormMs = Math.max(stormMs, performance.now() - began);
  }
  const signalsPerSecond = ((ROUNDS - WARM_UP) * detectors * 1_000) / signalsMs;
  return { detectors, signalsPerSecond, bytesEach, canaryMs, stormMs };
}
