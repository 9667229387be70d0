import { describe, expect, test } from 'vitest';
import { told, virtualSite } from './site.ts';

describe('a write to Kafka', () => {
  test('whose connection breaks before it is done is tried again, and is there once', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.kafka.drop({ topic: 'alarms', only: [1] });
    await site.detector(1).trip();
    await site.valve(1).opened();
    await site.clock.advance('5s');
    expect(fault.strikes).toBe(1);
    expect(site.notifications({ about: site.floor(1), channel: 'email' })).toHaveLength(1);
  });

  test.each(['alarms', 'valve-commands', 'notifications', 'emails', 'sms', 'panel', 'deliveries'])(
    'to %s that is done twice tells nobody twice',
    async (topic) => {
      const site = await virtualSite();
      const fault = await site.chaos.kafka.duplicate({ topic });
      await site.detector(1).trip();
      await site.valve(1).opened();
      await site.clock.advance('5s');
      expect(fault.strikes).toBeGreaterThan(0);
      expect(site.inbox.emails()).toHaveLength(1);
      expect(site.inbox.smss()).toHaveLength(1);
    },
  );

  test('of a detector comes later, by the site’s time', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.kafka.delay({ topic: 'alarms', by: '5s', only: [1] });
    const began = site.clock.now();
    await site.detector(1).trip();
    expect(site.valve(1).position).toBe('closed');
    await site.valve(1).opened({ within: '10s' });
    expect(site.clock.now() - began).toBe(6_000);
    expect(fault.strikes).toBe(1);
  });

  test('that is held is done when the fault is healed', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.kafka.delay({ topic: 'alarms', by: '1h' });
    await site.detector(1).trip();
    await site.clock.advance('20s');
    expect(site.valve(1).position).toBe('closed');
    await fault.heal();
    await site.valve(1).opened({ within: '2s' });
    expect(site.clock.timers().filter(({ name }) => name.includes('kafka'))).toEqual([]);
  });

  test('holds up what the same writer writes: while signals wait, nobody is called silent', async () => {
    const site = await virtualSite();
    await site.chaos.kafka.delay({ topic: 'signals', detector: 2, by: '10s', only: [3] });
    await site.clock.advance('1m');
    expect(told(site).filter((event) => event.startsWith('detector.silent'))).toEqual([]);
    expect(told(site)).toContain('pipeline.silent pipeline');
    expect(told(site)).toContain('pipeline.recovered pipeline');
  });

  test('comes after that of another writer', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.kafka.reorder({ topic: 'alarms', only: [1], within: '1m' });
    const began = site.clock.now();
    await site.detector(1).trip();
    expect(site.valve(1).position).toBe('closed');
    await site.valve(1).opened({ within: '10s' });
    // The next heartbeats are written within a second, and then the valve moves.
    expect(site.clock.now() - began).toBeLessThanOrEqual(2_000);
    expect(fault.strikes).toBe(1);
  });
});

describe('a Kafka broker', () => {
  test('that stands still loses nothing', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.kafka.pause();
    await site.detector(1).trip();
    await site.clock.advance('30s');
    expect(site.valve(1).position).toBe('closed');
    await fault.heal();
    await site.valve(1).opened({ within: '5s' });
    await site.inbox.email({ about: site.floor(1) });
    expect(told(site).filter((event) => event.startsWith('detector.silent'))).toEqual([]);
  });

  test('that is cut off loses nothing', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.kafka.partition({ for: '20s' });
    await site.detector(1).trip();
    await site.clock.advance('19s');
    expect([site.valve(1).position, fault.isHealed]).toEqual(['closed', false]);
    await site.valve(1).opened({ within: '10s' });
    await site.inbox.email({ about: site.floor(1) });
    expect(told(site).filter((event) => event.startsWith('detector.silent'))).toEqual([]);
  });

  test('that is paused or cut off does not hold up the stop of its site', async () => {
    const site = await virtualSite();
    await site.chaos.kafka.pause();
    await site.detector(1).trip();
    await site.stop();
  });
});
