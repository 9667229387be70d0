import type { Clock, Timer } from '../../contracts/clock.ts';

/** The part of a wait that may be given up, so that it ends together with others. */
const GIVEN_UP = 1 / 8;

interface Round {
  readonly ends: Set<() => void>;
  readonly timer: Timer;
}

/**
 * Waits that end together. With many consumers at rest it is not the answers that cost, but waking up for each of them: so a
 * wait ends up to an eighth early, towards the next multiple of its length. Those that come again and again, as fetches do,
 * soon end at one instant, with one timer; from then on none is cut short.
 */
export class Rounds {
  readonly #clock: Clock;
  readonly #name: string;
  /** By the instant, in milliseconds since the Unix epoch. */
  readonly #rounds = new Map<number, Round>();

  constructor(clock: Clock, name: string) {
    this.#clock = clock;
    this.#name = name;
  }

  /** Calls `end` after at most `ms`, which are more than 0; the answer takes the wish back. */
  after(ms: number, end: () => void): () => void {
    const latest = this.#clock.now() + ms;
    const instant = latest - Math.min(latest % ms, Math.floor(ms * GIVEN_UP));
    const round = this.#rounds.get(instant) ?? this.#begin(instant);
    round.ends.add(end);
    return () => {
      round.ends.delete(end);
      if (round.ends.size > 0) return;
      round.timer.cancel();
      if (this.#rounds.get(instant) === round) this.#rounds.delete(instant);
    };
  }

  #begin(instant: number): Round {
    const ends = new Set<() => void>();
    const timer = this.#clock.after(this.#name, instant - this.#clock.now(), () => {
      this.#rounds.delete(instant);
      for (const end of ends) end();
    });
    const round = { ends, timer };
    this.#rounds.set(instant, round);
    return round;
  }
}
