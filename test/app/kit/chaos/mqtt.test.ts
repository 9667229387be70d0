import { describe, expect, test } from 'vitest';
import { detectorTopic, MQTT_ROOT } from '../../../../contracts/mqtt-topics.ts';
import { WireClient } from '../../../conformance/mqtt/client.ts';
import { virtualSite } from './site.ts';

describe('messages on their way through MQTT', () => {
  test('that are lost silence a detector, until it is healed', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.mqtt.drop({ detector: 2 });
    await site.detector(2).is('silent', { within: '10s' });
    expect(site.detector(1).state).toBe('ok');
    expect(site.chaos.faults).toEqual([fault]);
    await fault.heal();
    expect([fault.isHealed, site.chaos.faults]).toEqual([true, []]);
    await site.detector(2).is('ok', { within: '3s' });
  });

  test('that are lost by chance are the same ones for the same seed, and others for another', async () => {
    const lost = async (seed: string) => {
      const site = await virtualSite({ seed, heartbeat: '1s' });
      await using client = await WireClient.connect(site.addresses.mqtt);
      const topic = detectorTopic(MQTT_ROOT, site.name, 9, 99, 'signal');
      await client.subscribe(topic);
      await site.chaos.mqtt.drop({ topic, probability: 0.5 });
      for (let i = 0; i < 32; i++) await client.publish(topic, `{"signal":0,"seq":${i}}`);
      await site.chaos.heal();
      await client.publish(topic, 'sentinel');
      await client.received('sentinel');
      return client.payloads.join();
    };
    const first = await lost('a');
    expect(await lost('a')).toBe(first);
    expect(await lost('b')).not.toBe(first);
  });

  test('come later, by the site’s time', async () => {
    const site = await virtualSite();
    await site.chaos.mqtt.delay({ topic: 'fire/v1/+/+/valve/command', by: '5s' });
    const began = site.clock.now();
    await site.detector(3).trip();
    await site.clock.advance('4s');
    expect(site.valve(1).position).toBe('closed');
    await site.valve(1).opened({ within: '10s' });
    // Five seconds on the way, and one in which the valve moves.
    expect(site.clock.now() - began).toBe(6_000);
  });

  test('that are held are let go when the fault is healed', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.mqtt.delay({ topic: 'fire/v1/+/+/valve/command', by: '1h' });
    await site.detector(3).trip();
    await fault.heal();
    await site.valve(1).opened({ within: '1100ms' });
    expect(site.clock.timers().filter(({ name }) => name.includes('held'))).toEqual([]);
  });

  test('come twice, and nobody is told twice', async () => {
    const site = await virtualSite();
    await site.chaos.mqtt.duplicate({ copies: 2 });
    await site.detector(3).trip();
    await site.valve(1).opened();
    await site.clock.advance('3s');
    const about = { about: site.floor(1) };
    expect(site.notifications({ ...about, channel: 'email' })).toHaveLength(1);
  });

  test('come in another order', async () => {
    const site = await virtualSite();
    await using client = await WireClient.connect(site.addresses.mqtt);
    const topic = `${MQTT_ROOT}/${site.name}/9/valve/state`;
    await client.subscribe(topic);
    await site.chaos.mqtt.reorder({ topic, only: [2], within: '1m' });
    for (const payload of ['1', '2', '3', '4']) await client.publish(topic, payload);
    await client.received('4');
    await client.received('2');
    expect(client.payloads).toEqual(['1', '3', '2', '4']);
  });

  test('are held no longer than the deadline where no other one comes', async () => {
    const site = await virtualSite();
    await site.chaos.mqtt.reorder({ topic: 'fire/v1/+/+/valve/command', within: '3s' });
    const began = site.clock.now();
    await site.detector(3).trip();
    await site.valve(1).opened({ within: '10s' });
    expect(site.clock.now() - began).toBe(4_000);
  });

  test('can be struck for a while only', async () => {
    const site = await virtualSite();
    await site.chaos.mqtt.drop({ detector: 2, for: '10s' });
    await site.detector(2).is('silent', { within: '9s' });
    await site.clock.advance('5s');
    expect(site.chaos.faults).toEqual([]);
    await site.detector(2).is('ok', { within: '3s' });
  });
});

describe('an MQTT broker', () => {
  test('that stands still is a pipeline that is silent, and nobody’s silence', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.mqtt.pause();
    await site.clock.advance('30s');
    const events = () => site.events().map(({ type, subject }) => `${type} ${subject}`);
    expect(events()).toContain('pipeline.silent pipeline');
    await fault.heal();
    await site.clock.advance('10s');
    expect(events()).toContain('pipeline.recovered pipeline');
    expect(events().filter((event) => event.startsWith('detector.silent'))).toEqual([]);
  });

  test('from which a detector is cut off hears nothing of it, and nobody knows better', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.mqtt.partition({ detector: 2 });
    await site.detector(2).is('silent', { within: '10s' });
    expect(site.detector(1).state).toBe('ok');
    await fault.heal();
    await site.detector(2).is('ok', { within: '3s' });
  });

  test.each([
    ['bridge', 'pipeline.silent pipeline'],
    ['canary', 'pipeline.silent pipeline'],
  ] as const)('from which the %s is cut off', async (role, event) => {
    const site = await virtualSite();
    const fault = await site.chaos.mqtt.partition({ role });
    await site.clock.advance('10s');
    expect(site.events().map(({ type, subject }) => `${type} ${subject}`)).toContain(event);
    await fault.heal();
    await site.clock.advance('10s');
    await site.detector(2).trip();
    await site.valve(2).opened();
  });

  test('from which the valves are cut off: a fault, and the order is obeyed once they are back', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.mqtt.partition({ role: 'valves' });
    await site.detector(2).trip();
    await site.clock.advance('30s');
    expect(site.events().map(({ type, subject }) => `${type} ${subject}`)).toContain('valve.fault floor/2');
    await fault.heal();
    await site.clock.advance('1m');
    expect(site.valve(2).position).toBe('open');
  });
});
