import { expect, onTestFinished } from 'vitest';
import { SmokewireError } from '../../contracts/errors.ts';
import { type Site, type SiteOptions, startSite as start } from '../site.ts';
import { matchers, type SiteMatchers } from './matchers.ts';

export { matchers, type SiteMatchers } from './matchers.ts';

declare module 'vitest' {
  interface Matchers<T> extends SiteMatchers<T> {}
}

expect.extend(matchers);

/**
 * A site for the test that calls this: it is strict unless told otherwise, and is stopped when the test ends, which fails
 * where something happened that nobody expected (docs/decisions/0091). To be called inside of a test; a site for several tests
 * is started by `startSite` of `smokewire`, and stopped by who started it.
 */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  let site: Site | undefined;
  onTestFinished(async ({ task }) => {
    try {
      await site?.stop();
    } catch (error) {
      // Of a test that has failed already, its own failure is what its reader needs.
      const surprised = error instanceof SmokewireError && error.code === 'UNEXPECTED_EVENTS';
      if (!surprised || task.result?.state !== 'fail') throw error;
    }
  });
  site = await start({ strict: true, ...options });
  return site;
}
