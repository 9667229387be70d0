import type { Clock, Timer } from '../contracts/clock.ts';

/** The machine's own time. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(_name, delayMs, fire): Timer {
    const handle = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  every(_name, periodMs, fire): Timer {
    const handle = setInterval(fire, periodMs);
    return { cancel: () => clearInterval(handle) };
  },
};
