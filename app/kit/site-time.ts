import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, sleep, type Timer } from '../../contracts/clock.ts';
import { type Duration, durationSchema } from '../../contracts/duration.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import type { Turns } from './turns.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** A timer of the site that waits. */
export interface WaitingTimer {
  readonly name: string;
  /** When it is due, in milliseconds since the Unix epoch. */
  readonly at: number;
}

export interface RunUntilOptions {
  readonly within?: Duration;
}

/** The site's time in a test's hands. The same test runs in either time: in real time it only takes longer. */
export interface SiteClock {
  readonly kind: 'real' | 'virtual';
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Lets time pass. Virtual: every timer of the site fires in order, and the site settles after each. Real: waits so long. */
  advance(duration: Duration): Promise<void>;
  /**
   * Lets time pass until the promise is settled, or until the function, which is asked after each timer, answers something,
   * and answers with that. @throws SmokewireError WAIT_TIMEOUT when it is not within `within` of the site's time, default 1h
   */
  runUntil<T>(event: Promise<T> | (() => T | undefined | false), options?: RunUntilOptions): Promise<T>;
  /** Virtual only: lets time pass up to the next timer, and answers with its instant; undefined where none waits. */
  nextTimer(): Promise<number | undefined>;
  /** Virtual only: what waits, next first. */
  timers(): readonly WaitingTimer[];
}

/** How a site's handles live with its time. */
export interface SiteTime {
  readonly clock: Clock;
  readonly hands: SiteClock;
  /** Resolves when the site has settled. */
  settled(): Promise<void>;
  /** What a test does: in virtual time in its turn, and done when the site has settled after it. */
  act<T>(begin: () => Promise<T>): Promise<T>;
  /** What a test waited for, or did in parts that need no turn, is done: in virtual time once the site has settled after it. */
  done<T>(act: Promise<T>): Promise<T>;
  /** Calls `late` after `ms`: in virtual time when all else of that instant has happened, since it was in time. */
  deadline(name: string, ms: number, late: () => void): Timer;
  /**
   * A wait has begun: until the answer is called, virtual time passes by itself, unless somebody moves it already. `fail` is
   * called where it cannot.
   */
  awaited(fail: (error: unknown) => void): () => void;
}

const RUN_UNTIL_MS = 3_600_000;
/** How often it is looked in real time, in milliseconds. */
const LOOK_EVERY_MS = 10;

export function msOf(duration: Duration): number {
  const { success, data, error } = durationSchema.safeParse(duration);
  if (success) return data;
  throw new SmokewireError('USAGE_INVALID', error.issues.map((issue) => issue.message).join('; '));
}

/** What a test does goes before what the site does by itself. */
const ACT = '';

export function virtualTime(clock: VirtualClock, settled: () => Promise<void>, turns: Turns): SiteTime {
  const waits = new Set<(error: unknown) => void>();
  let driving = false;

  /** Moves time while somebody waits. */
  async function drive(): Promise<void> {
    driving = true;
    try {
      for (;;) {
        // Whoever began to wait may move the clock himself in the same turn.
        await turn();
        if (waits.size === 0) return;
        await clock.runUntil(() => waits.size === 0, Number.POSITIVE_INFINITY);
      }
    } catch (error) {
      for (const fail of waits) fail(error);
      waits.clear();
    } finally {
      driving = false;
    }
  }

  const hands: SiteClock = {
    kind: 'virtual',
    now: () => clock.now(),
    advance: (duration) => clock.advance(msOf(duration)),
    runUntil: async <T>(event: Promise<T> | (() => T | undefined | false), options: RunUntilOptions = {}) => {
      const ms = msOf(options.within ?? RUN_UNTIL_MS);
      const ended = endOf(event);
      if (await clock.runUntil(() => ended() !== undefined, clock.now() + ms)) return await outcomeOf(ended());
      throw tooLate(ms);
    },
    nextTimer: () => clock.nextTimer(),
    timers: () => clock.timers().map(({ name, at }) => ({ name, at })),
  };

  return {
    clock,
    hands,
    settled,
    act: async (begin) => {
      // Where the site does not settle, no turn comes.
      await Promise.race([turns.turn(ACT), settled()]);
      const result = await begin();
      await settled();
      return result;
    },
    done: async (act) => {
      const result = await act;
      await settled();
      return result;
    },
    deadline: (name, ms, late) => clock.afterAll(name, ms, late),
    awaited: (fail) => {
      waits.add(fail);
      if (!driving) void drive();
      return () => void waits.delete(fail);
    },
  };
}

export function realTime(clock: Clock, settled: () => Promise<void>): SiteTime {
  const hands: SiteClock = {
    kind: 'real',
    now: () => clock.now(),
    advance: (duration) => sleep(clock, 'advance', msOf(duration)),
    runUntil: async <T>(event: Promise<T> | (() => T | undefined | false), options: RunUntilOptions = {}) => {
      const ms = msOf(options.within ?? RUN_UNTIL_MS);
      const ended = endOf(event);
      const deadline = clock.now() + ms;
      while (ended() === undefined && clock.now() < deadline) await sleep(clock, 'run until', LOOK_EVERY_MS);
      if (ended() === undefined) throw tooLate(ms);
      return await outcomeOf(ended());
    },
    nextTimer: () => Promise.reject(virtualOnly()),
    timers: () => {
      throw virtualOnly();
    },
  };
  return {
    clock,
    hands,
    settled,
    act: (begin) => begin(),
    done: (act) => act,
    deadline: (name, ms, late) => clock.after(name, ms, late),
    awaited: () => () => {},
  };
}

/** How an event ended; undefined while it has not. */
type End<T> = { readonly value: T } | { readonly error: unknown } | undefined;

function endOf<T>(event: Promise<T> | (() => T | undefined | false)): () => End<T> {
  if (typeof event === 'function') {
    return () => {
      const value = event();
      return value === undefined || value === false ? undefined : { value };
    };
  }
  let end: End<T>;
  event.then(
    (value) => {
      end = { value };
    },
    (error: unknown) => {
      end = { error };
    },
  );
  return () => end;
}

function outcomeOf<T>(end: End<T>): T {
  if (end && 'value' in end) return end.value;
  throw end?.error;
}

function tooLate(ms: number): SmokewireError {
  return new SmokewireError('WAIT_TIMEOUT', `it did not happen within ${ms} ms of the site's time`);
}

function virtualOnly(): SmokewireError {
  return new SmokewireError('USAGE_INVALID', "timers are listed in virtual time only: startSite({ clock: 'virtual' })");
}
