import type { Clock, Timer } from '../../contracts/clock.ts';

/** A clock that stands still until a test moves it; timers fire in the order of their time, then of their making. */
export class ManualClock implements Clock {
  #now: number;
  #made = 0;
  readonly #timers = new Map<number, { name: string; at: number; fire: () => void }>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(name: string, delayMs: number, fire: () => void): Timer {
    const id = this.#made++;
    this.#timers.set(id, { name, at: this.#now + delayMs, fire });
    return { cancel: () => void this.#timers.delete(id) };
  }

  every(name: string, periodMs: number, fire: () => void): Timer {
    let timer: Timer;
    const arm = () => {
      timer = this.after(name, periodMs, () => {
        arm();
        fire();
      });
    };
    arm();
    return { cancel: () => timer.cancel() };
  }

  /** The names of the timers that wait, soonest first. */
  pending(): string[] {
    return [...this.#timers.values()].sort((a, b) => a.at - b.at).map((timer) => timer.name);
  }

  /** Moves time on by `ms`, firing what falls due on the way at its own instant. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let next: [number, { at: number; fire: () => void }] | undefined;
      for (const entry of this.#timers) if (entry[1].at <= end && (!next || entry[1].at < next[1].at)) next = entry;
      if (!next) break;
      this.#timers.delete(next[0]);
      this.#now = Math.max(this.#now, next[1].at);
      next[1].fire();
    }
    this.#now = end;
  }
}
