import { randomUUID } from 'node:crypto';
import type { IClientOptions } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { MQTT_ROOT, valveTopic } from '../../../contracts/mqtt-topics.ts';
import { eventually } from '../../support/eventually.ts';
import { WireClient } from './client.ts';

/** A broker as the site needs it: anonymous clients are welcome, and one user may publish valve commands. */
export interface MqttTarget {
  readonly url: string;
  readonly bridge: { readonly username: string; readonly password: string };
}

/** What the site relies on in any MQTT broker, embedded or real. `target` is asked when a test runs. */
export function mqttConformance(name: string, target: () => MqttTarget): void {
  const connect = (options?: IClientOptions) => WireClient.connect(target().url, options);
  const asBridge = (options?: IClientOptions) => connect({ ...target().bridge, ...options });
  /** A site of its own for each test, so that they can share a broker. */
  const ownSite = () => `conformance-${randomUUID()}`;

  describe(`MQTT on ${name}`, () => {
    it.each([0, 1] as const)('delivers at the QoS %i at which it was published', async (qos) => {
      const topic = `${MQTT_ROOT}/${ownSite()}/1/detectors/1/signal`;
      await using subscriber = await connect();
      await using publisher = await connect();
      await subscriber.subscribe(topic, 1);
      await publisher.publish(topic, '1', { qos });
      expect(await subscriber.received('1')).toEqual({ topic, payload: '1', qos, retain: false });
    });

    it('keeps the order of one publisher', async () => {
      const topic = `${MQTT_ROOT}/${ownSite()}/1/detectors/1/signal`;
      const sent = Array.from({ length: 500 }, (_, i) => String(i));
      await using subscriber = await connect();
      await using publisher = await connect();
      await subscriber.subscribe(topic);
      await Promise.all(sent.map((payload) => publisher.publish(topic, payload)));
      await subscriber.received('499');
      expect(subscriber.payloads).toEqual(sent);
    });

    it('carries a payload of 1 MB', async () => {
      const topic = `${MQTT_ROOT}/${ownSite()}/1/detectors/1/config`;
      const payload = 'x'.repeat(1_000_000);
      await using subscriber = await connect();
      await using publisher = await connect();
      await subscriber.subscribe(topic);
      await publisher.publish(topic, payload);
      expect((await subscriber.received(payload)).payload).toHaveLength(1_000_000);
    });

    it('gives a late subscriber the retained message, and an early one the same without the flag', async () => {
      const topic = `${MQTT_ROOT}/${ownSite()}/1/detectors/1/status`;
      await using publisher = await connect();
      await using early = await connect();
      await early.subscribe(topic);
      await publisher.publish(topic, 'online', { retain: true });
      expect((await early.received('online')).retain).toBe(false);
      await using late = await connect();
      await late.subscribe(topic);
      expect(await late.received('online')).toEqual({ topic, payload: 'online', qos: 1, retain: true });
    });

    it('forgets a retained message when an empty one is retained', async () => {
      const site = ownSite();
      await using publisher = await connect();
      await publisher.publish(`${MQTT_ROOT}/${site}/1/detectors/1/status`, 'online', { retain: true });
      await publisher.publish(`${MQTT_ROOT}/${site}/1/detectors/1/status`, '', { retain: true });
      await publisher.publish(`${MQTT_ROOT}/${site}/1/detectors/2/status`, 'sentinel', { retain: true });
      await using late = await connect();
      await late.subscribe(`${MQTT_ROOT}/${site}/#`);
      await late.received('sentinel');
      expect(late.payloads).toEqual(['sentinel']);
    });

    it('publishes the Last Will when a client crashes, and retains it', async () => {
      const topic = `${MQTT_ROOT}/${ownSite()}/1/detectors/1/status`;
      await using subscriber = await connect();
      await subscriber.subscribe(topic);
      await using detector = await connect({ will: { topic, payload: Buffer.from('offline'), qos: 1, retain: true } });
      await detector.publish(topic, 'online', { retain: true });
      await subscriber.received('online');
      detector.crash();
      expect(await subscriber.received('offline')).toEqual({ topic, payload: 'offline', qos: 1, retain: false });
      await using late = await connect();
      await late.subscribe(topic);
      expect((await late.received('offline')).retain).toBe(true);
    });

    it('forgets the Last Will of a client that says goodbye', async () => {
      const topic = `${MQTT_ROOT}/${ownSite()}/1/detectors/1/status`;
      await using subscriber = await connect();
      await subscriber.subscribe(topic);
      const detector = await connect({ will: { topic, payload: Buffer.from('offline'), qos: 1, retain: false } });
      await detector.mqtt.endAsync();
      await using other = await connect();
      await other.publish(topic, 'sentinel');
      await subscriber.received('sentinel');
      expect(subscriber.payloads).toEqual(['sentinel']);
    });

    it('lets a client that comes back under its id have the last word over the will of its old connection', async () => {
      const topic = `${MQTT_ROOT}/${ownSite()}/1/detectors/1/status`;
      const clientId = randomUUID();
      const will = { topic, payload: Buffer.from('offline'), qos: 1, retain: true } as const;
      await using subscriber = await connect();
      await subscriber.subscribe(topic);
      await using old = await connect({ clientId, will });
      await using back = await connect({ clientId, will });
      await back.publish(topic, 'online', { retain: true });
      await subscriber.received('online');
      await eventually('the old connection to be closed', () => !old.mqtt.connected);
      expect(subscriber.payloads).toEqual(['offline', 'online']);
    });

    it('keeps QoS 1 messages for a session that is away', async () => {
      const topic = `${MQTT_ROOT}/${ownSite()}/1/detectors/1/signal`;
      const session = { clientId: randomUUID(), clean: false };
      const first = await connect(session);
      await first.subscribe(topic);
      await first.mqtt.endAsync();
      await using publisher = await connect();
      const sent = Array.from({ length: 20 }, (_, i) => String(i));
      for (const payload of sent) await publisher.publish(topic, payload);
      await using second = await connect(session);
      await second.received('19');
      expect(new Set(second.payloads)).toEqual(new Set(sent));
      await second.mqtt.unsubscribeAsync(topic);
    });

    it('takes a valve command from the bridge, and drops anybody else’s', async () => {
      const site = ownSite();
      const topic = valveTopic(MQTT_ROOT, site, 3, 'command');
      await using valve = await connect();
      await valve.subscribe(topic);
      for (const options of [
        { qos: 0, retain: false },
        { qos: 1, retain: false },
        { qos: 1, retain: true },
      ] as const) {
        await using stranger = await connect();
        await stranger.attempt(topic, 'forged', options);
      }
      await using bridge = await asBridge();
      await bridge.publish(topic, 'genuine');
      await valve.received('genuine');
      expect(valve.payloads).toEqual(['genuine']);
      await using late = await connect();
      await late.subscribe(topic);
      await bridge.publish(topic, 'sentinel');
      await late.received('sentinel');
      expect(late.payloads).toEqual(['sentinel']);
    });

    it('drops a valve command that a stranger leaves as its Last Will', async () => {
      const topic = valveTopic(MQTT_ROOT, ownSite(), 3, 'command');
      await using valve = await connect();
      await valve.subscribe(topic);
      const will = { topic, payload: Buffer.from('forged'), qos: 1, retain: false } as const;
      const clientId = randomUUID();
      // A broker may refuse such a client at once. Where it does not, the second connection ends the first, will and all.
      await using _stranger = await connect({ clientId, will }).catch(() => undefined);
      await using _successor = await connect({ clientId });
      await using bridge = await asBridge();
      await bridge.publish(topic, 'sentinel');
      await valve.received('sentinel');
      expect(valve.payloads).toEqual(['sentinel']);
    });

    it.each([
      ['the bridge’s name with a wrong password', () => ({ ...target().bridge, password: 'guess' })],
      ['the bridge’s name without a password', () => ({ username: target().bridge.username })],
      ['a name that nobody has', () => ({ username: 'mallory', password: 'guess' })],
    ])('refuses %s', async (_, credentials) => {
      await expect(connect(credentials())).rejects.toThrow(/bad username or password|not authorized/i);
    });

    it('either refuses a shared subscription or serves it, but never grants it and stays silent', async () => {
      const topic = `${MQTT_ROOT}/${ownSite()}/1/detectors/1/signal`;
      await using member = await connect();
      const granted = await member.subscribe(`$share/group/${topic}`).then(
        () => true,
        () => false,
      );
      await using publisher = await connect();
      await publisher.publish(topic, '1');
      if (granted) await member.received('1');
      expect(member.mqtt.connected).toBe(true);
    });
  });
}
