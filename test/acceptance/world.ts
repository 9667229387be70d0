import { onTestFinished } from 'vitest';
import { type Site, type SiteEvent, type SiteOptions, startSite } from '../../app/index.ts';
import type { ReceivedEmail } from '../../contracts/http.ts';

/** What a timeline runs on: the embedded servers, or real ones. */
export interface World {
  /** Settings that lead a site to these servers, with names of its own for each site. */
  siteOptions(): SiteOptions;
  /** The first mail to anybody whose subject matches, as the mail server got it. */
  email(site: Site, subject: RegExp): Promise<ReceivedEmail>;
  /** All mails of this site so far. */
  emails(site: Site): Promise<readonly ReceivedEmail[]>;
}

export const embedded: World = {
  siteOptions: () => ({}),
  email: (site, subject) => site.inbox.email({ matching: subject }),
  emails: async (site) => site.inbox.emails(),
};

/** Windows short enough for a test, long enough for a busy machine: silent 1.3 s after the last heartbeat. */
export const BRISK: SiteOptions = {
  detectors: 8,
  floors: 4,
  heartbeat: '200ms',
  misses: 4,
  grace: '500ms',
  seed: 'acceptance',
};

/** A site in this world, stopped when the test ends. */
export async function siteIn(world: World, options: SiteOptions = {}): Promise<Site> {
  const site = await startSite({ ...BRISK, ...world.siteOptions(), ...options });
  onTestFinished(() => site.stop());
  return site;
}

/** Everything that happens at the site from now on. */
export function eventsOf(site: Site): readonly SiteEvent[] {
  const events: SiteEvent[] = [];
  const end = site.onEvent((event) => void events.push(event));
  onTestFinished(end);
  return events;
}
