import { onTestFinished } from 'vitest';
import { type Site, type SiteOptions, startSite } from '../../../../app/index.ts';

/** A small site in virtual time, which is stopped with its test. */
export async function virtualSite(options: SiteOptions = {}): Promise<Site> {
  const site = await startSite({ clock: 'virtual', detectors: 4, floors: 2, ...options });
  onTestFinished(() => site.stop());
  return site;
}

/** What a site's events say, as `type subject`. */
export function told(site: Site): string[] {
  return site.events().map(({ type, subject }) => `${type} ${subject}`);
}
