import mqtt from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SiteEvent } from '../../app/index.ts';
import { detectorTopic, MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import { eventually } from '../support/eventually.ts';
import { eventsOf, siteIn, type World } from './world.ts';

/** A valve has 10 s to answer; then there is a fault, and it is told. */
const VALVE_FAULT_MS = 20_000;

/** What goes wrong in the building and on the way, as timelines over a whole site, on the servers of `world`. */
export function faults(name: string, world: World): void {
  describe(`faults on ${name}`, () => {
    test('a valve that does not answer is told, and so is its recovery', { timeout: 60_000 }, async () => {
      const site = await siteIn(world);
      const events = eventsOf(site);
      site.valve(3).stick();
      await site.detector(7).trip();
      await site.lamp('valve/3').on({ within: VALVE_FAULT_MS });
      expect((await world.email(site, /valve 3/)).subject).toMatch(/^Fault: valve 3 does not answer/);
      expect((await site.inbox.sms({ about: site.valve(3) })).text).toMatch(/does not answer/);
      expect(site.valve(3).position).toBe('closed');

      site.valve(3).unstick();
      await site.valve(3).open();
      await site.valve(3).opened();
      await site.lamp('valve/3').off();
      await world.email(site, /^Recovered: valve 3/);
      expect(subjectsOf(events, 'valve.')).toEqual(['valve.fault floor/3', 'valve.opened floor/3']);
    });

    test('while the pipeline is silent no detector is judged, and a fire is a fire', async () => {
      const site = await siteIn(world);
      // Two movements of a valve: the canary has sung since the detectors were announced, and their windows have begun.
      await site.valve(1).open();
      await site.valve(1).opened();
      await site.valve(1).close();
      await site.valve(1).closed();
      const events = eventsOf(site);
      // Detector 2 is silent for longer than its window before the pipeline's fault is told, detector 6 after it.
      await site.parts.canary.stop();
      await site.detector(2).silence();
      await seen(events, 'pipeline.silent');
      await site.detector(6).silence();
      await site.lamp('pipeline').on();
      await world.email(site, /^Fault: pipeline is silent/);
      expect(site.view().pipeline.state).toBe('silent');
      // Two movements of a valve later every detector would have been silent for longer than its window, had time gone on.
      await site.detector(7).trip();
      await site.valve(3).opened();
      await site.valve(3).close();
      await site.valve(3).closed();
      expect(site.detector(2).state).toBe('ok');

      await site.parts.canary.start();
      await site.detector(2).is('silent');
      await site.detector(6).is('silent');
      await site.lamp('pipeline').off();
      await world.email(site, /^Recovered: pipeline/);
      await world.email(site, /detector 6 is silent/);
      const [silent, recovered, ...verdicts] = subjectsOf(events, 'pipeline.', 'detector.');
      expect([silent, recovered]).toEqual(['pipeline.silent pipeline', 'pipeline.recovered pipeline']);
      expect(verdicts.toSorted()).toEqual(['detector.silent detector/2', 'detector.silent detector/6']);
    });

    test('the same alarm twice is one incident and one mail', async () => {
      const site = await siteIn(world);
      const events = eventsOf(site);
      const client = await mqtt.connectAsync(site.addresses.mqtt, { reconnectPeriod: 0 });
      onTestFinished(() => client.endAsync(true));
      const signal = (floor: number, payload: string) =>
        client.publishAsync(detectorTopic(MQTT_ROOT, site.name, floor, 400 + floor, 'signal'), payload, { qos: 1 });
      const same = '{"signal":1,"seq":17,"at":"2026-01-01T00:00:00.000Z"}';
      for (const payload of ['1', '1', same, same]) await signal(3, payload);
      await site.valve(3).opened();
      await world.email(site, /floor 3/);
      // The sentinels: another fire, and the detector's repetition after it, which goes the same way as the first signal.
      await signal(3, '1');
      await signal(2, '1');
      await world.email(site, /floor 2/);
      await site.lamp('floor/2').on();
      await site.inbox.sms({ about: site.floor(2) });

      expect(subjectsOf(events, 'alarm.').toSorted()).toEqual(['alarm.raised floor/2', 'alarm.raised floor/3']);
      const subjects = (await world.emails(site)).map((mail) => mail.subject.replace(/ \(.*/, ''));
      expect(subjects.toSorted()).toEqual(['FIRE: floor 2', 'FIRE: floor 3']);
      expect(site.inbox.smss()).toHaveLength(2);
      const incidents: unknown = await (await fetch(`${site.addresses.api}/api/v1/incidents`)).json();
      expect(incidents).toMatchObject([{ subject: 'floor/2' }, { subject: 'floor/3', detectors: [403] }]);
    });
  });
}

/** Those of the events whose type begins so, as `type subject`. */
function subjectsOf(events: readonly SiteEvent[], ...beginnings: readonly string[]): string[] {
  return events
    .filter(({ type }) => beginnings.some((beginning) => type.startsWith(beginning)))
    .map(({ type, subject }) => `${type} ${subject}`);
}

function seen(events: readonly SiteEvent[], type: SiteEvent['type']): Promise<SiteEvent> {
  return eventually(type, () => events.find((event) => event.type === type));
}
