import mqtt from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { detectorTopic, MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import { siteIn, type World } from './world.ts';

/** The main job as timelines over a whole site, on the servers of `world`. */
export function mainJob(name: string, world: World): void {
  describe(`the main job on ${name}`, () => {
    test('a fire opens the valve of its floor, and people are told', async () => {
      const site = await siteIn(world);
      await site.detector(7).trip();
      await expect(site.valve(3)).toHaveOpened();
      await expect(site).toHaveNotified({ about: site.floor(3), kind: 'fire', times: 1 });
      const mail = await world.email(site, /floor 3/);
      expect(mail.subject).toMatch(/fire/i);
      expect(mail.text).toMatch(/detector 7/i);
      await expect(site.valve(2)).not.toHaveOpened();
      await expect(site.valve(4)).not.toHaveOpened();
    });

    test('a human closes the valve and is obeyed until a further detector signals; a reset ends the incident', async () => {
      const site = await siteIn(world);
      await site.detector(3).trip();
      await expect(site.valve(3)).toHaveOpened();
      await expect(site).toHaveNotified({ about: site.floor(3) });
      await site.valve(3).close();
      await site.valve(3).closed();
      await expect(site.valve(3)).not.toHaveOpened({ within: '2s' });
      await site.detector(7).trip();
      await expect(site.valve(3)).toHaveOpened();
      await expect(site.floor(3).reset()).rejects.toMatchObject({ code: 'FLOOR_IN_ALARM' });
      await site.detector(3).clear();
      await site.detector(7).clear();
      await site.detector(3).is('ok');
      await site.detector(7).is('ok');
      await site.floor(3).reset();
      await site.lamp('floor/3').off();
      await expect(site).toHaveNotified({ about: site.floor(3), channel: ['email', 'sms'], times: 2 });
    });

    test('a killed detector is suspect at once and silent after its window; its recovery is told too', async () => {
      const site = await siteIn(world);
      await site.detector(8).is('ok');
      await site.detector(8).kill();
      await site.detector(8).is('suspect');
      await expect(site.detector(8)).toBeSilent();
      await expect(site).toHaveNotified({ about: site.detector(8), times: 1 });
      expect((await world.email(site, /detector 8/)).subject).toMatch(/silent/i);
      await site.detector(8).revive();
      await site.detector(8).is('ok');
      await expect(site).toHaveNotified({ about: site.detector(8), times: 2 });
      await world.email(site, /recovered: detector 8/i);
    });

    test('a detector that stays connected and says nothing is found by the watchdog alone', async () => {
      const site = await siteIn(world, { passive: 2 });
      await site.detector(2).is('ok');
      await site.detector(7).is('ok');
      await site.detector(2).silence();
      await site.detector(7).silence();
      await expect(site).toHaveNotified({ about: site.detector(2) });
      await expect(site).toHaveNotified({ about: site.detector(7) });
      expect(site.detector(3).state).toBe('ok');
    });

    test('any MQTT client is a detector: a bare 1 on floor 3 opens valve 3', async () => {
      const site = await siteIn(world);
      const client = await mqtt.connectAsync(site.addresses.mqtt, { reconnectPeriod: 0 });
      onTestFinished(() => client.endAsync(true));
      await client.publishAsync(detectorTopic(MQTT_ROOT, site.name, 3, 412, 'signal'), '1', { qos: 1 });
      await expect(site.valve(3)).toHaveOpened();
      await expect(site).toHaveNotified({ about: site.floor(3) });
      expect((await world.email(site, /floor 3/)).text).toMatch(/detector 412/i);
    });

    test('nonsense becomes dead letters with a reason, and the site goes on', async () => {
      const site = await siteIn(world, { allow: [{ deadLetter: { topic: 'signals.dead' } }] });
      const client = await mqtt.connectAsync(site.addresses.mqtt, { reconnectPeriod: 0 });
      onTestFinished(() => client.endAsync(true));
      const topic = detectorTopic(MQTT_ROOT, site.name, 3, 9, 'signal');
      await client.publishAsync(topic, '2', { qos: 1 });
      await client.publishAsync(topic, '{"signal":', { qos: 1 });
      await client.publishAsync(topic, Buffer.from([0xff, 0xfe]), { qos: 1 });
      await client.publishAsync(topic, Buffer.alloc(1_000_000, 0x31), { qos: 1 });
      await client.publishAsync(topic.replace('/9/', '/nine/'), '1', { qos: 1 });
      // A good signal after all of them.
      await client.publishAsync(topic, '1', { qos: 1 });
      await expect(site.valve(3)).toHaveOpened();
      await expect(site).toHaveNotified({ about: site.floor(3) });
      await site.clock.runUntil(() => site.deadLetters().length >= 5, { within: '10s' });
      expect(
        site
          .deadLetters()
          .map(({ code }) => code)
          .sort(),
      ).toEqual(['MQTT_TOPIC_INVALID', 'PAYLOAD_INVALID', 'PAYLOAD_INVALID', 'PAYLOAD_NOT_UTF8', 'PAYLOAD_TOO_LARGE']);
    });
  });
}
