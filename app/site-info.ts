import type { Config } from '../contracts/config.ts';
import type { Role } from '../contracts/roles.ts';
import type { SiteInfo } from '../panel/http/site.ts';
import type { Surroundings } from './embedded.ts';

/** What a process knows of its site, as it may be shown. */
export function siteInfo({
  config,
  roles,
  seed,
  api,
  surroundings,
}: {
  config: Config;
  roles: readonly Role[];
  seed: string;
  /** Where its HTTP API answers. */
  api: string;
  surroundings: Surroundings;
}): SiteInfo {
  const { misses, grace, emailTo, smsTo } = config;
  const { mqtt, kafka, smtp } = surroundings;
  return {
    name: config.site,
    addresses: { api, mqtt: withoutSecrets(mqtt.url), kafka: [...kafka], smtp: withoutSecrets(smtp) },
    topicPrefix: config.topicPrefix,
    settings: { misses, grace, emailTo: [...emailTo], smsTo: [...smsTo] },
    seed,
    roles: [...roles],
  };
}

/** An address as it may be shown: null where there is none. */
function withoutSecrets(address: string): string | null {
  if (address === '') return null;
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/$/, '');
}
