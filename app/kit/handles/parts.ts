import type { Duration } from '../../../contracts/duration.ts';
import { DEFAULT_WITHIN } from '../../handles.ts';
import { waitFor } from '../../wait.ts';
import type { Assertions } from '../assertions.ts';
import type { Expected } from '../expected.ts';
import { msOf } from '../site-time.ts';
import type { WatchedProcess } from '../watched-process.ts';

/** What a handle acts on, and asks. */
export interface HandleParts {
  readonly watched: WatchedProcess;
  readonly expected: Expected;
  readonly assertions: Assertions;
}

/** A wait for something that the panel shows. */
export interface PanelWait<T> {
  /** Whose story is told when it does not come. */
  readonly about: string | undefined;
  /** As the end of "waited 15 s in vain for …". */
  readonly what: string;
  readonly within: Duration | undefined;
  look(): T | undefined;
}

/** Resolves with what `look` answers once it does. @throws SmokewireError WAIT_TIMEOUT */
export function waitForPanel<T>(
  watched: WatchedProcess,
  { about, what, within = DEFAULT_WITHIN, look }: PanelWait<T>,
): Promise<T> {
  return waitFor(watched.time, msOf(within), {
    what,
    look,
    watch: (changed) => watched.process.model.onChange(changed),
    story: () => watched.story(about),
  });
}
