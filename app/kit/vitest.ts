import { expect, onTestFinished } from 'vitest';
import type { Site } from '../site.ts';
import { type SiteOptions, startSite as start } from '../start-site.ts';
import { matchers, type SiteMatchers } from './matchers.ts';

export { matchers, type SiteMatchers } from './matchers.ts';

declare module 'vitest' {
  interface Matchers<T> extends SiteMatchers<T> {}
}

expect.extend(matchers);

/** How long the end may take, in milliseconds of the machine: a site that does not settle says so after 10,000. */
const END_MS = 20_000;

/**
 * A site for the test that calls this: it is strict unless told otherwise, and is stopped when the test ends, which fails
 * where something happened that nobody expected (docs/decisions/0091). To be called inside of a test; a site for several tests
 * is started by `startSite` of `smokewire`, and stopped by who started it.
 */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  let site: Site | undefined;
  // Of a test that has failed already, its own failure is what its reader needs.
  onTestFinished(({ task }) => site?.stop(task.result?.state === 'fail' ? { strict: false } : {}), END_MS);
  site = await start({ strict: true, ...options });
  return site;
}
