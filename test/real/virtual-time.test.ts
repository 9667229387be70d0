import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import mqtt from 'mqtt';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { type Site, type SiteOptions, startSite } from '../../app/index.ts';

/** A virtual site of its own on Apache Kafka and mosquitto, with the embedded mail server: its inbox can be looked into. */
async function virtualSite(options: SiteOptions = {}): Promise<Site> {
  const site = `site-${randomUUID().slice(0, 8)}`;
  const { url, bridge } = inject('mqtt');
  const started = await startSite({
    ...{ clock: 'virtual', site, topicPrefix: `${site}.`, kafka: [inject('kafka')], detectors: 8, floors: 4 },
    ...{ mqtt: url, mqttUsername: bridge.username, mqttPassword: bridge.password, seed: 'real' },
    ...options,
  });
  onTestFinished(() => started.stop());
  return started;
}

async function lagOf(site: Site): Promise<number> {
  const groups = await site.groups();
  return groups.flatMap(({ partitions }) => partitions).reduce((sum, { lag }) => sum + lag, 0);
}

describe('virtual time on Apache Kafka and mosquitto', () => {
  test('a killed detector is suspect at once, and after its window people are told', async () => {
    const site = await virtualSite();
    await site.detector(8).kill();
    expect(site.detector(8).state).toBe('suspect');
    const killedAt = site.clock.now();
    const mail = await site.inbox.email({ about: site.detector(8) });
    expect(site.clock.now() - killedAt).toBeLessThan(10_000);
    expect(mail.subject).toContain('detector 8');
    expect(site.detector(8).state).toBe('silent');
    expect(await lagOf(site)).toBe(0);
  });

  test('a fire opens the valve, after exactly the time that it takes to move', async () => {
    const site = await virtualSite({ passive: 2 });
    const trippedAt = site.clock.now();
    await site.detector(3).trip();
    await site.valve(3).opened();
    expect(site.clock.now() - trippedAt).toBe(1_000);
    await site.detector(3).clear();
    await site.valve(3).close();
    await site.valve(3).closed();
    await site.detector(7).silence();
    await site.detector(7).is('silent');
    expect(await lagOf(site)).toBe(0);
  });

  test('nothing is late: each second settles with all groups at their ends', async () => {
    const site = await virtualSite({ passive: 2 });
    await Promise.all([site.detector(1).trip(), site.detector(2).kill(), site.detector(3).silence()]);
    for (let second = 0; second < 10; second++) {
      await site.clock.advance('1s');
      const events = site.events().length;
      expect(await lagOf(site), `second ${second}`).toBe(0);
      await site.settled();
      expect(site.events().length, `second ${second}`).toBe(events);
    }
  });

  test('settled() counts what others did by then, over MQTT and to Kafka', async () => {
    const site = await virtualSite();
    const { url } = inject('mqtt');
    const stranger = await mqtt.connectAsync(url);
    onTestFinished(() => stranger.endAsync());
    const kafka = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    onTestFinished(() => producer.disconnect());
    await producer.connect();
    for (let id = 70; id < 80; id++) {
      await stranger.publishAsync(`fire/v1/${site.name}/1/detectors/${id}/signal`, '1', { qos: 1 });
      await site.settled();
      expect(site.detector(id).state).toBe('alarm');
      const headers = { floor: '2', site: site.name, bridge: 'stranger' };
      const messages = [{ key: String(id + 10), value: '1', headers, timestamp: String(site.clock.now()) }];
      await producer.send({ topic: `${site.name}.signals`, messages });
      await site.settled();
      expect(site.detector(id + 10).state).toBe('alarm');
    }
  });

  test('records of long ago are kept', async () => {
    const site = await virtualSite();
    const admin = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING }).admin();
    onTestFinished(() => admin.disconnect());
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: `${site.name}.signals`, configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('-1');
  });
});
