import type { Signal } from '../../contracts/signals.ts';
import { Judge } from '../../processors/watchdog/judge.ts';
import type { Watched } from '../../processors/watchdog/watched.ts';

const T0 = Date.UTC(2026, 0, 1);
const WINDOWS = { misses: 3, graceMs: 1_000, canaryPeriodMs: 1_000, site: 'hq' } as const;
const HEARTBEAT_MS = 1_000;
const FLOORS = 500;
/** The judge hears of so many signals before they come, as from a lane. */
const BATCH = 128;
/** Rounds of heartbeats that are measured: so many signals at least. */
const LEAST_ROUNDS = 8;
const LEAST_SIGNALS = 2_000_000;
/** What warms the code up, and brings the heap to the size at which it works: so many detectors, so often. */
const WARM_UP = 1_000;
const WARM_UPS = 3;

/** What the judge of one partition takes at some number of detectors. */
export interface JudgeFigures {
  readonly detectors: number;
  readonly signalsPerSecond: number;
  /** Resident memory of one detector, in bytes: what the process takes without any is subtracted. */
  readonly bytesEach: number;
  /** What a successor takes for the tables: registry and what was told, in no order of offsets; in ms. */
  readonly restoreMs: number;
  /** The first canary record after that, which reaches the announcements of all; in ms. */
  readonly firstCanaryMs: number;
  /** The longest that one canary record took, with nobody falling silent, in ms. */
  readonly canaryMs: number;
  /** How long the canary record took at which all of them fell silent at once, in ms. */
  readonly stormMs: number;
}

/** One judge on one core; `--expose-gc` makes the memory a figure instead of a guess. */
export function benchJudge(detectors: number): JudgeFigures {
  for (let i = 0; i < WARM_UPS; i++) run(WARM_UP, shuffled(WARM_UP));
  const order = shuffled(detectors);
  const before = resident();
  return run(detectors, order, before);
}

function run(detectors: number, order: Uint32Array, before = 0): JudgeFigures {
  const judge = new Judge(WINDOWS);
  const restoreMs = timed(() => restore(judge, detectors));
  let offset = detectors;
  const round = (at: number) => {
    for (let i = 0; i < detectors; i += BATCH) {
      const ids = order.subarray(i, i + BATCH);
      judge.expect(ids);
      for (const id of ids) {
        const watched = judge.signal(signal(id, at), offset++);
        if (watched) note(watched, at, offset);
      }
    }
  };
  const canary = (at: number) => timed(() => judge.canary(offset++, 'a', at));
  const firstCanaryMs = canary(T0);
  judge.sweep();
  round(T0 + 1);
  const rounds = Math.max(LEAST_ROUNDS, Math.ceil(LEAST_SIGNALS / detectors));
  let signalsMs = 0;
  let canaryMs = 0;
  for (let r = 1; r <= rounds; r++) {
    const at = T0 + r * HEARTBEAT_MS;
    signalsMs += timed(() => round(at + 1));
    canaryMs = Math.max(canaryMs, canary(at + 500));
  }
  while (judge.takeNews());
  const bytesEach = (resident() - before) / detectors;
  let stormMs = 0;
  for (let s = 1; s <= 6; s++) stormMs = Math.max(stormMs, canary(T0 + (rounds + s) * HEARTBEAT_MS + 500));
  let silent = 0;
  for (let watched = judge.takeNews(); watched; watched = judge.takeNews()) if (watched.state === 'silent') silent++;
  if (silent !== detectors) throw new Error(`${silent} of ${detectors} fell silent`);
  return {
    detectors,
    signalsPerSecond: (rounds * detectors * 1_000) / signalsMs,
    bytesEach,
    restoreMs,
    firstCanaryMs,
    canaryMs,
    stormMs,
  };
}

function restore(judge: Judge, detectors: number): void {
  const judged = (id: number) => ({ heartbeatMs: HEARTBEAT_MS, from: (id * 7_919) % detectors });
  for (let id = 1; id <= detectors; id++) {
    judge.register(id, id % FLOORS, { heartbeatMs: HEARTBEAT_MS }, { at: T0, bridge: 'a' });
  }
  for (let id = 1; id <= detectors; id++) {
    const { from } = judged(id);
    judge.recall(id, id % FLOORS, {
      state: 'ok',
      since: T0,
      incident: null,
      episode: 0,
      judged: judged(id),
      offset: from,
    });
  }
  judge.restored();
}

function signal(detector: number, receivedAt: number): Signal {
  return { detector, value: 0, floor: detector % FLOORS, bridge: 'a', receivedAt };
}

/** As the watchdog does whenever a state changes. */
function note(watched: Watched, since: number, offset: number): void {
  const { state, judged } = watched;
  if (state) watched.told = { state, since, incident: null, episode: 0, judged, offset };
}

/** The ids from 1 on in no order: heartbeats come as they come, and no cache knows who is next. */
function shuffled(count: number): Uint32Array {
  const ids = Uint32Array.from({ length: count }, (_, i) => i + 1);
  let state = 1;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (i + 1));
    const id = ids[i] ?? 0;
    ids[i] = ids[other] ?? 0;
    ids[other] = id;
  }
  return ids;
}

/** In ms of processor time, so that it matters little what else the machine does. */
function timed(work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1_000;
}

/** Bytes, once the garbage is collected. */
function resident(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().rss;
}
