import { type ErrorCode, SmokewireError } from '../../contracts/errors.ts';
import type { DetectorHandle, ValveHandle, Within } from '../handles.ts';
import { Site } from '../site.ts';
import type { NotifiedQuery } from './assertions.ts';

/** What `expect` is given for an assertion: whether it holds, and what to say where that is not what was asserted. */
export interface Held {
  readonly pass: boolean;
  readonly message: () => string;
}

/** How a test runner calls a matcher: with `this.isNot` under `.not`. */
interface Asserting {
  readonly isNot?: boolean;
}

/**
 * Matchers for `expect.extend`, of vitest and of what is called like it. Each awaits; under `.not` each proves the absence: the
 * site has settled, after `within` more of its time where that is given.
 */
export const matchers = {
  /** `expect(site)`: people are told, over each of the channels, within 15 s of the site's time unless told otherwise. */
  async toHaveNotified(this: Asserting, received: unknown, query: NotifiedQuery = {}): Promise<Held> {
    const site = siteIn(received);
    const { times: _, ...forbidden } = query;
    return held(this, { does: () => site.notified(query), doesNot: () => site.notNotified(forbidden) });
  },

  /** `expect(site.valve(3))`: it reports that it is open. */
  async toHaveOpened(this: Asserting, received: unknown, options: Within = {}): Promise<Held> {
    const valve = valveIn(received);
    return held(this, { does: () => valve.opened(options), doesNot: () => valve.notOpened(options) });
  },

  /** `expect(site.detector(8))`: the watchdog says that it is silent. */
  async toBeSilent(this: Asserting, received: unknown, options: Within = {}): Promise<Held> {
    const detector = detectorIn(received);
    return held(this, {
      does: () => detector.is('silent', options),
      doesNot: () => detector.isNot('silent', options),
    });
  },

  /** `expect(site)`: nothing happened that nobody expected, so far and for `within` more. */
  async toHaveStayedQuiet(this: Asserting, received: unknown, options: Within = {}): Promise<Held> {
    const site = siteIn(received);
    return held(this, {
      does: () => site.stayedQuiet(options),
      doesNot: () => site.stayedQuiet(options).then(stayedQuiet, unlessSurprised),
    });
  },
};

/** What `expect` offers for a value of type `T`. */
export interface SiteMatchers<T> {
  /** People are told; under `.not` nobody is. A fire is about its floor. */
  toHaveNotified: T extends Site ? (query?: NotifiedQuery) => Promise<void> : never;
  /** The valve reports that it is open; under `.not` it does not open, from now on for `within`. */
  toHaveOpened: T extends ValveHandle ? (options?: Within) => Promise<void> : never;
  /** The watchdog says that the detector is silent; under `.not` it does not say so, from now on for `within`. */
  toBeSilent: T extends DetectorHandle ? (options?: Within) => Promise<void> : never;
  /** Nothing happened that nobody expected; with `within`, neither for that much longer. */
  toHaveStayedQuiet: T extends Site ? (options?: Within) => Promise<void> : never;
}

/** What fails an assertion; every other error is no answer to it. */
const FAILURES: readonly ErrorCode[] = ['WAIT_TIMEOUT', 'UNEXPECTED_EVENTS'];

async function held(
  { isNot = false }: Asserting,
  { does, doesNot }: { does: () => Promise<unknown>; doesNot: () => Promise<void> },
): Promise<Held> {
  try {
    await (isNot ? doesNot() : does());
    return { pass: !isNot, message: () => '' };
  } catch (error) {
    if (!(error instanceof SmokewireError) || !FAILURES.includes(error.code)) throw error;
    return { pass: isNot, message: () => error.message };
  }
}

function stayedQuiet(): never {
  throw new SmokewireError('UNEXPECTED_EVENTS', 'nothing happened that nobody expected, and something was to');
}

function unlessSurprised(error: unknown): void {
  if (!(error instanceof SmokewireError) || error.code !== 'UNEXPECTED_EVENTS') throw error;
}

function siteIn(received: unknown): Site {
  if (received instanceof Site) return received;
  throw wrong('a site: expect(site)');
}

function valveIn(received: unknown): ValveHandle {
  if (isHandle<ValveHandle>(received, 'notOpened')) return received;
  throw wrong('a valve: expect(site.valve(3))');
}

function detectorIn(received: unknown): DetectorHandle {
  if (isHandle<DetectorHandle>(received, 'isNot')) return received;
  throw wrong('a detector: expect(site.detector(8))');
}

function isHandle<H extends object>(received: unknown, method: keyof H): received is H {
  return typeof received === 'object' && received !== null && method in received;
}

function wrong(expected: string): SmokewireError {
  return new SmokewireError('USAGE_INVALID', `this matcher takes ${expected}`);
}
