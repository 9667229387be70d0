/** Time as a port: `app` alone passes the real one in, tests pass one that they move by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `fire` once, `delayMs` from now. The `name` says what waits, in listings of pending timers. */
  after(name: string, delayMs: number, fire: () => void): Timer;
  /** Calls `fire` every `periodMs`, first one period from now, until cancelled. */
  every(name: string, periodMs: number, fire: () => void): Timer;
}

/** A timer that its owner has to cancel when it stops. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Resolves after `delayMs`, or early (never rejecting) when `signal` aborts; leaves no timer behind either way. */
export function sleep(clock: Clock, name: string, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(name, delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** An RFC 3339 time in UTC with milliseconds, as every payload of ours writes it. */
export function rfc3339(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
