import type { Duration } from '../contracts/duration.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Allowed } from './kit/expected.ts';
import { silentLogger } from './logger.ts';
import { Site } from './site.ts';

/** What a site of the library may be given; each setting is that of the flag of the same name. Ports are 0 unless given. */
export interface SiteOptions {
  /**
   * `virtual`: nothing in the site moves but by `site.clock`, whatever time is taken for real, and the same seed gives the same
   * story. Default `real`.
   */
  readonly clock?: 'real' | 'virtual';
  readonly detectors?: number;
  readonly floors?: number;
  /** One for all, or several that are dealt out in turn. */
  readonly heartbeat?: Duration | readonly Duration[];
  readonly passive?: number;
  readonly misses?: number;
  readonly grace?: Duration;
  readonly site?: string;
  readonly topicPrefix?: string;
  readonly mqtt?: string;
  readonly mqttUsername?: string;
  readonly mqttPassword?: string;
  readonly kafka?: readonly string[];
  readonly smtp?: string;
  readonly mqttPort?: number;
  readonly kafkaPort?: number;
  readonly smtpPort?: number;
  readonly port?: number;
  readonly host?: string;
  readonly emailTo?: string | readonly string[];
  readonly smsTo?: string | readonly string[];
  /** Who is pinged while the watchdog judges, and at `URL/fail` when it cannot: docs/watchdog.md. */
  readonly pulseUrl?: string;
  /** A folder in which the embedded Kafka keeps its data, so that the next site there goes on where this one was. */
  readonly data?: string;
  readonly seed?: string;
  /** How long a failed send waits before each further attempt, in milliseconds; four of them. */
  readonly retryDelaysMs?: readonly number[];
  /** After how long an e-mail or SMS that is being sent counts as hanging, in milliseconds; default 10,000. */
  readonly sendTimeoutMs?: number;
  /**
   * Whether `stop` rejects where something happened that nobody expected: a notification that no wait and no assertion has
   * asked for, a dead letter, an error in the log. Default false; `startSite` of `smokewire/vitest` is strict.
   */
  readonly strict?: boolean;
  /** What may happen though nobody asks for it. */
  readonly allow?: readonly Allowed[];
  /**
   * A file to which the site adds, when it stops, what it was put through, for `smokewire walk-test report`; default what
   * SMOKEWIRE_WALK_TEST says, so that a whole suite can be asked.
   */
  readonly walkTest?: string;
  /** Silent unless given. */
  readonly logger?: Logger;
}

/**
 * Starts a whole site in this process, on embedded servers unless addresses are given; resolves once everything is
 * subscribed and every detector is connected. Nothing is printed, and nothing but SMOKEWIRE_WALK_TEST is read from the
 * environment.
 * @throws SmokewireError CONFIG_INVALID, PORT_IN_USE, KAFKA_UNREACHABLE, MQTT_UNREACHABLE; nothing is left running then
 */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const { clock = 'real', logger = silentLogger, retryDelaysMs, sendTimeoutMs, ...rest } = options;
  const { strict = false, allow = [], walkTest = process.env['SMOKEWIRE_WALK_TEST'], ...settings } = rest;
  const site = new Site({
    walkTest,
    virtual: clock === 'virtual',
    strict,
    allow,
    logger,
    retryDelaysMs,
    sendTimeoutMs,
    settings: { mqttPort: 0, kafkaPort: 0, smtpPort: 0, port: 0, ...settings },
  });
  await site.start();
  return site;
}
