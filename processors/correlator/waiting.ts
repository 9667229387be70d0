import { Deadlines } from './deadlines.ts';

/**
 * By how much the clocks of two watchdogs may differ, in ms. The log's time alone releases nothing before; read live, our own clock
 * is sooner.
 */
const CLOCK_SLACK_MS = 5_000;

/** With so many held a storm is coming in: watchdogs tell of many detectors in portions, and nobody is told before the last one. */
const STORM = 100;
/** When something is learned: when its record was written, by its writer's clock, and our clock. Milliseconds since the epoch. */
export interface Moment {
  readonly at: number;
  readonly now: number;
}

/** What is decided when: by our clock, and by the log's time where that is read late. */
export class Waiting<T> {
  readonly #portionMs: number;
  readonly #due = new Deadlines<T>();
  readonly #dueInLog = new Deadlines<T>();
  /** Since when a storm has been coming in, and until when nothing is decided because of it. */
  #stormSince: Moment | undefined;
  #quiet: Moment = { at: 0, now: 0 };

  /** A storm comes in portions that are no further apart than `portionMs`. */
  constructor(portionMs: number) {
    this.#portionMs = portionMs;
  }

  /** It is decided `ms` after `moment`, in place of when it was before. */
  set(item: T, ms: number, { at, now }: Moment): void {
    this.#due.set(item, now + ms);
    this.#dueInLog.set(item, at + ms + CLOCK_SLACK_MS);
  }

  delete(item: T): void {
    this.#due.delete(item);
    this.#dueInLog.delete(item);
  }

  /** One more is held, of now `held`. A storm of such is waited for no longer than `longestMs`. */
  oneMore(held: number, { at, now }: Moment, longestMs: number): void {
    if (held < STORM) {
      this.#stormSince = undefined;
      return;
    }
    this.#stormSince ??= { at, now };
    this.#quiet = {
      at: Math.min(at + this.#portionMs, this.#stormSince.at + longestMs) + CLOCK_SLACK_MS,
      now: Math.min(now + this.#portionMs, this.#stormSince.now + longestMs),
    };
  }

  /** When there is something to take by our clock. */
  deadline(): number | undefined {
    const next = this.#due.next();
    return next === undefined ? undefined : Math.max(next, this.#quiet.now);
  }

  /** What is due at `now` by our clock, one at a time. */
  take(now: number): T | undefined {
    return now < this.#quiet.now ? undefined : this.#taken(this.#due.take(now));
  }

  /** What is due once the log's time has come to `at`. */
  takeInLog(at: number): T | undefined {
    return at < this.#quiet.at ? undefined : this.#taken(this.#dueInLog.take(at));
  }

  #taken(item: T | undefined): T | undefined {
    if (item !== undefined) this.delete(item);
    return item;
  }
}
