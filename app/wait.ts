import { SmokewireError } from '../contracts/errors.ts';
import type { SiteTime } from './kit/site-time.ts';

/** A wait for something of the site: how it is seen, what says that it may have changed, and what to tell when it does not come. */
export interface Wait<T> {
  /** What is waited for, as the end of "waited 15 s in vain for …". */
  readonly what: string;
  /** What was waited for, or undefined while it is not there. */
  look(): T | undefined;
  /** Calls `changed` whenever `look` may answer otherwise; gives back what ends that. */
  watch(changed: () => void): () => void;
  /** How far it got, in lines for people; asked for only when the deadline passes. */
  story(): Promise<string>;
}

/**
 * Resolves with what `look` answers once it does; rejects with WAIT_TIMEOUT and the story after `withinMs` of the site's time.
 * Where that is virtual it passes by itself meanwhile, and stands again when this resolves, the site settled.
 */
export function waitFor<T>(
  time: Pick<SiteTime, 'deadline' | 'done' | 'awaited'>,
  withinMs: number,
  wait: Wait<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    const end = () => {
      unwatch();
      timer.cancel();
      over();
    };
    const check = () => {
      const seen = wait.look();
      if (seen === undefined) return;
      end();
      time.done(Promise.resolve(seen)).then(resolve, reject);
    };
    const timer = time.deadline(`wait for ${wait.what}`, withinMs, () => {
      end();
      const message = `waited ${withinMs} ms in vain for ${wait.what}`;
      wait.story().then(
        (story) => reject(new SmokewireError('WAIT_TIMEOUT', `${message}\n${story}`)),
        (cause: unknown) =>
          reject(new SmokewireError('WAIT_TIMEOUT', `${message}; its story cannot be read`, { cause })),
      );
    });
    const over = time.awaited(fail);
    const unwatch = wait.watch(check);
    check();
  });
}
