import mqtt from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { detectorTopic, MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import { happenedAt, siteIn, type World } from './world.ts';

/** A valve has 10 s to answer; then there is a fault, and it is told. */
const VALVE_FAULT = '20s';

/** What goes wrong in the building and on the way, as timelines over a whole site, on the servers of `world`. */
export function faults(name: string, world: World): void {
  describe(`faults on ${name}`, () => {
    test('a valve that does not answer is told, and so is its recovery', { timeout: 60_000 }, async () => {
      const site = await siteIn(world, { allow: [{ notification: { about: 'floor/3' } }] });
      site.valve(3).stick();
      await site.detector(7).trip();
      await expect(site).toHaveNotified({ about: site.valve(3), within: VALVE_FAULT, times: 1 });
      expect((await world.email(site, /valve 3/)).subject).toMatch(/^Fault: valve 3 does not answer/);
      expect(site.valve(3).position).toBe('closed');

      site.valve(3).unstick();
      await site.valve(3).open();
      await expect(site.valve(3)).toHaveOpened();
      await expect(site).toHaveNotified({ about: site.valve(3), times: 2 });
      await world.email(site, /^Recovered: valve 3/);
      expect(happenedAt(site, 'valve.')).toEqual(['valve.fault floor/3', 'valve.opened floor/3']);
    });

    test('while the pipeline is silent no detector is judged, and a fire is a fire', async () => {
      const site = await siteIn(world);
      // The canary has sung since the detectors were announced, and their windows have begun.
      await site.clock.advance('2s');
      // Detector 2 is silent for longer than its window before the pipeline's fault is told, detector 6 after it.
      await site.parts.canary.stop();
      await site.detector(2).silence();
      await expect(site).toHaveNotified({ about: 'pipeline' });
      await site.detector(6).silence();
      await world.email(site, /^Fault: pipeline is silent/);
      expect(site.view().pipeline.state).toBe('silent');
      // Every detector would have been silent for longer than its window, had time gone on.
      await expect(site.detector(2)).not.toBeSilent({ within: '2s' });
      await site.detector(7).trip();
      await expect(site.valve(3)).toHaveOpened();
      await expect(site).toHaveNotified({ about: site.floor(3) });
      expect(site.detector(2).state).toBe('ok');

      await site.parts.canary.start();
      await expect(site.detector(2)).toBeSilent();
      await expect(site.detector(6)).toBeSilent();
      for (const about of ['pipeline', 'detector/2', 'detector/6']) {
        await expect(site).toHaveNotified({ about, times: about === 'pipeline' ? 2 : 1 });
      }
      await world.email(site, /^Recovered: pipeline/);
      const [silent, recovered, ...verdicts] = happenedAt(site, 'pipeline.', 'detector.');
      expect([silent, recovered]).toEqual(['pipeline.silent pipeline', 'pipeline.recovered pipeline']);
      expect(verdicts.toSorted()).toEqual(['detector.silent detector/2', 'detector.silent detector/6']);
    });

    test('the same alarm twice is one incident and one mail', async () => {
      const site = await siteIn(world);
      const client = await mqtt.connectAsync(site.addresses.mqtt, { reconnectPeriod: 0 });
      onTestFinished(() => client.endAsync(true));
      const signal = (floor: number, payload: string) =>
        client.publishAsync(detectorTopic(MQTT_ROOT, site.name, floor, 400 + floor, 'signal'), payload, { qos: 1 });
      const same = '{"signal":1,"seq":17,"at":"2026-01-01T00:00:00.000Z"}';
      for (const payload of ['1', '1', same, same]) await signal(3, payload);
      await expect(site.valve(3)).toHaveOpened();
      // Another fire, and before it the detector's repetition, which goes the same way as the first signal.
      await signal(3, '1');
      await signal(2, '1');
      await expect(site).toHaveNotified({ about: site.floor(2), times: 1 });
      await expect(site).toHaveNotified({ about: site.floor(3), times: 1 });
      await world.email(site, /floor 2/);
      await world.email(site, /floor 3/);

      expect(happenedAt(site, 'alarm.').toSorted()).toEqual(['alarm.raised floor/2', 'alarm.raised floor/3']);
      const incidents: unknown = await (await fetch(`${site.addresses.api}/api/v1/incidents`)).json();
      expect(incidents).toMatchObject([{ subject: 'floor/2' }, { subject: 'floor/3', detectors: [403] }]);
    });
  });
}
