import type { Clock, Timer } from '../contracts/clock.ts';

/** Something that beats: at its phase in every period, both in milliseconds, `0 <= phaseMs < heartbeatMs`. */
export interface Rider {
  readonly heartbeatMs: number;
  readonly phaseMs: number;
  /** Whether it has more to say than that all is well. */
  readonly loud: boolean;
  beat(): void;
}

/** Riders of one period by their phase, and how far this revolution has come. */
interface Ring {
  readonly periodMs: number;
  readonly riders: readonly Rider[];
  /** When this revolution began. */
  began: number;
  /** Whose turn is next. */
  next: number;
}

/** The longest that a beat may be late: beats that fall due within a tick share one wake-up. */
const TICK_MS = 20;

/**
 * All heartbeats on one timer. As periods and phases never change, the order of beats in a revolution never does either:
 * riders are sorted once, and a turn costs a comparison and nothing is allocated. A beat is never early and at most a tick
 * late, without drift. Turns missed while the process was suspended, or the clock was put forward, are left out.
 */
export class Carousel {
  readonly #clock: Clock;
  readonly #rings: readonly Ring[];
  readonly #tickMs: number;
  readonly #oneByOne: boolean;
  /** Those whose turn it is, and who wait for a turn of their own. */
  readonly #queue: Rider[] = [];
  #timer: Timer | undefined;

  /** @param oneByOne whether loud riders beat in a turn of the clock each, and not in a batch with others */
  constructor(clock: Clock, riders: readonly Rider[], { oneByOne = false } = {}) {
    this.#clock = clock;
    this.#oneByOne = oneByOne;
    this.#rings = Array.from(byPeriod(riders), ([periodMs, group]) => ({
      periodMs,
      riders: group.sort((a, b) => a.phaseMs - b.phaseMs),
      began: 0,
      next: 0,
    }));
    this.#tickMs = Math.min(TICK_MS, ...this.#rings.map((ring) => ring.periodMs));
  }

  /** The first revolution begins now. */
  start(): void {
    this.stop();
    const now = this.#clock.now();
    for (const ring of this.#rings) {
      ring.began = now;
      ring.next = 0;
    }
    this.#arm(0);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#queue.length = 0;
  }

  #arm(atLeastMs: number): void {
    if (this.#rings.length === 0) return;
    const soonest = Math.min(...this.#rings.map(due)) - this.#clock.now();
    const delayMs = this.#queue.length > 0 ? 0 : Math.max(soonest, atLeastMs);
    this.#timer = this.#clock.after('fleet heartbeats', delayMs, () => {
      const waiting = this.#queue.shift();
      if (waiting) waiting.beat();
      else for (const ring of this.#rings) turn(ring, this.#clock.now(), (rider) => this.#beat(rider));
      this.#arm(this.#tickMs);
    });
  }

  #beat(rider: Rider): void {
    if (this.#oneByOne && rider.loud) this.#queue.push(rider);
    else rider.beat();
  }
}

/** When a ring's next beat is due. */
function due(ring: Ring): number {
  return ring.began + (ring.riders[ring.next]?.phaseMs ?? 0);
}

function turn(ring: Ring, now: number, beat: (rider: Rider) => void): void {
  const late = now - due(ring);
  // A revolution off, either way: the clock jumped. Go on from here.
  if (late >= ring.periodMs || late < -ring.periodMs) ring.began += Math.floor(late / ring.periodMs) * ring.periodMs;
  while (due(ring) <= now) {
    const rider = ring.riders[ring.next];
    ring.next += 1;
    if (ring.next === ring.riders.length) {
      ring.next = 0;
      ring.began += ring.periodMs;
    }
    if (rider) beat(rider);
  }
}

function byPeriod(riders: readonly Rider[]): Map<number, Rider[]> {
  const groups = new Map<number, Rider[]>();
  for (const rider of riders) {
    const group = groups.get(rider.heartbeatMs);
    if (group) group.push(rider);
    else groups.set(rider.heartbeatMs, [rider]);
  }
  return groups;
}
