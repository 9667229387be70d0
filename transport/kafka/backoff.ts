import { type Clock, sleep } from '../../contracts/clock.ts';

const FIRST_MS = 50;
const LONGEST_MS = 2_000;

/** Waits that double from 50 ms to 2 s, until something succeeds. */
export class Backoff {
  readonly #clock: Clock;
  readonly #name: string;
  #next = FIRST_MS;

  constructor(clock: Clock, name: string) {
    this.#clock = clock;
    this.#name = name;
  }

  /** Resolves after the next delay, or at once when `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const delay = this.#next;
    this.#next = Math.min(delay * 2, LONGEST_MS);
    await sleep(this.#clock, this.#name, delay, signal);
  }

  reset(): void {
    this.#next = FIRST_MS;
  }
}

/** Resolves when `promise` does, but after `ms` at the latest; rejects as `promise` does until then. */
export async function withinMs(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  promise.catch(() => {});
  try {
    await Promise.race([promise, sleep(clock, 'kafka patience', ms, enough.signal)]);
  } finally {
    enough.abort();
  }
}
