import type { Site, SiteOptions } from '../../app/index.ts';
import { startSite } from '../../app/kit/vitest.ts';
import type { ReceivedEmail } from '../../contracts/http.ts';

/** What a timeline runs on: the embedded servers, or real ones, in virtual time or in the machine's. */
export interface World {
  /** Settings that lead a site to these servers, with names of its own for each site. */
  siteOptions(): SiteOptions;
  /** The first mail to anybody whose subject matches, as the mail server got it. */
  email(site: Site, subject: RegExp): Promise<ReceivedEmail>;
}

export const embedded: World = {
  siteOptions: () => ({ clock: 'virtual', heartbeat: '1s', misses: 3, grace: '1s' }),
  email: (site, subject) => site.inbox.email({ matching: subject }),
};

/** Windows short enough for a test in real time, long enough for a busy machine: silent 1.3 s after the last heartbeat. */
export const BRISK: SiteOptions = {
  detectors: 8,
  floors: 4,
  heartbeat: '200ms',
  misses: 4,
  grace: '500ms',
  seed: 'acceptance',
};

/** A strict site in this world, stopped when the test ends. */
export function siteIn(world: World, options: SiteOptions = {}): Promise<Site> {
  return startSite({ ...BRISK, ...world.siteOptions(), ...options });
}

/** What happened of these kinds, as `type subject`. */
export function happenedAt(site: Site, ...beginnings: readonly string[]): string[] {
  return site
    .events()
    .filter(({ type }) => beginnings.some((beginning) => type.startsWith(beginning)))
    .map(({ type, subject }) => `${type} ${subject}`);
}
