import type { Clock, Timer } from '../../contracts/clock.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import { type QueuedTimer, TimerQueue } from './timer-queue.ts';

/** When the story of every virtual site begins. */
export const VIRTUAL_START = Date.parse('2026-01-01T00:00:00Z');

/** So many timers at one instant are a loop, not work. */
const MOST_AT_ONCE = 1_000_000;

/**
 * Time that stands still until it is moved, timer by timer: the next one begins only when the site has settled after the one
 * before, also at the same instant. So what competes at an instant is decided by the order of timers, and not by sockets.
 */
export class VirtualClock implements Clock {
  readonly #queue = new TimerQueue();
  #now: number;
  /** Moves of the clock take turns. */
  #moving: Promise<unknown> | undefined;
  /** Resolves when what a timer began has come to rest. */
  readonly #settled: () => Promise<void>;
  #atOnce = 0;

  constructor(settled: () => Promise<void>, start = VIRTUAL_START) {
    this.#settled = settled;
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(name: string, delayMs: number, fire: () => void): Timer {
    return this.#queue.add(name, this.#now + Math.max(0, delayMs), fire);
  }

  every(name: string, periodMs: number, fire: () => void): Timer {
    const period = Math.max(1, periodMs);
    let at = this.#now + period;
    let timer = this.#queue.add(name, at, beat.bind(this));
    function beat(this: VirtualClock): void {
      at += period;
      timer = this.#queue.add(name, at, beat.bind(this));
      fire();
    }
    return { cancel: () => timer.cancel() };
  }

  /** What waits, next first; times in milliseconds since the Unix epoch. */
  timers(): readonly { readonly name: string; readonly at: number }[] {
    return this.#queue.list();
  }

  /** As `after`, but when all else of that instant is over: for deadlines, which are kept by what happens right at their end. */
  afterAll(name: string, delayMs: number, fire: () => void): Timer {
    return this.#queue.add(name, this.#now + Math.max(0, delayMs), fire, { last: true });
  }

  /** Lets `ms` pass. */
  advance(ms: number): Promise<void> {
    return this.#move(async () => {
      const until = this.#now + ms;
      await this.#run(until, () => false);
      this.#now = until;
    });
  }

  /** Lets time pass up to the next timer, and answers with its instant; undefined where nothing waits. */
  nextTimer(): Promise<number | undefined> {
    return this.#move(async () => {
      await this.#settled();
      const at = this.#queue.next?.at;
      if (at !== undefined) await this.#run(at, () => false);
      return at;
    });
  }

  /** Lets time pass, timer by timer, until `done` answers true, at most up to `until`. Answers whether it is done. */
  runUntil(done: () => boolean, until: number): Promise<boolean> {
    return this.#move(async () => {
      if (await this.#run(until, done)) return true;
      if (Number.isFinite(until)) this.#now = until;
      return false;
    });
  }

  async #move<T>(moves: () => Promise<T>): Promise<T> {
    while (this.#moving) await this.#moving.catch(() => {});
    const moved = moves();
    this.#moving = moved;
    try {
      return await moved;
    } finally {
      this.#moving = undefined;
    }
  }

  /** Fires timer after timer up to `until`, each once the site has settled; true as soon as it is `done` then. */
  async #run(until: number, done: () => boolean): Promise<boolean> {
    for (;;) {
      await this.#settled();
      // Those who acted, or waited for what has happened, may act before the next timer fires.
      await this.#settled();
      if (done()) return true;
      const next = this.#queue.next;
      if (!next || next.at > until) return false;
      this.#fire(next);
    }
  }

  #fire({ name, at, fire }: QueuedTimer): void {
    this.#atOnce = at > this.#now ? 0 : this.#atOnce + 1;
    if (this.#atOnce > MOST_AT_ONCE) {
      throw new SmokewireError('INTERNAL', `time does not move: '${name}' comes again and again at one instant`);
    }
    this.#now = Math.max(this.#now, at);
    this.#queue.take();
    fire();
  }
}
