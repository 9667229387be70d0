import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { realClock } from '../../../app/clock.ts';
import { seededRandom } from '../../../app/random.ts';
import { createMetrics } from '../../../contracts/metrics.ts';
import { MQTT_ROOT } from '../../../contracts/mqtt-topics.ts';
import { Fleet, type FleetOptions } from '../../../simulators/fleet.ts';
import { recordingLogger } from '../../support/logger.ts';

/** A fleet of a site of its own. Heartbeats are an hour apart unless a test wants them. */
export function makeFleet(options: Partial<FleetOptions> & { mqttUrl: string }): Fleet & AsyncDisposable {
  const fleet = new Fleet({
    detectors: 1,
    floors: 1,
    heartbeatMs: [3_600_000],
    passive: 0,
    site: ownSite(),
    root: MQTT_ROOT,
    clock: realClock,
    wireClock: realClock,
    random: seededRandom('a fleet'),
    logger: recordingLogger(),
    metrics: createMetrics(new Registry()),
    ...options,
  });
  return Object.assign(fleet, { [Symbol.asyncDispose]: () => fleet.stop() });
}

export function ownSite(): string {
  return `site-${randomUUID()}`;
}
