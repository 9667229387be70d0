import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startSite } from '../../../../app/index.ts';
import { CHAOS_ACTS, type ChaosName } from '../../../../app/kit/chaos/acts.ts';
import { virtualSite } from './site.ts';

describe('the table of faults', () => {
  test('is explained in docs/chaos.md, row by row', () => {
    const documentation = readFileSync('docs/chaos.md', 'utf8');
    const unexplained = Object.keys(CHAOS_ACTS).filter((name) => !documentation.includes(`\`${name}\``));
    expect(unexplained).toEqual([]);
  });

  test('can be told to an editor', () => {
    for (const { schema } of Object.values(CHAOS_ACTS))
      expect(z.toJSONSchema(schema, { io: 'input' }).type).toBe('object');
  });

  const refused: readonly (readonly [ChaosName, object])[] = [
    ['mqtt.drop', { topic: 'a', detector: 1 }],
    ['mqtt.drop', { every: 2, probability: 0.5 }],
    ['mqtt.delay', {}],
    ['mqtt.partition', {}],
    ['kafka.drop', { topic: 'no-such-topic' }],
    ['kafka.drop', { detector: 1, key: '1' }],
    ['role.kill', { role: 'router', before: 'commit', after: 'commit' }],
    ['detector.flap', { detector: 1, every: '1s', down: '2s' }],
    ['detector.skew', { detector: 1 }],
    ['mail.refuse', { code: 250 }],
    ['mqtt.pause', { fro: '1s' }],
  ];
  test.each(refused)('refuses %s with %o, and says why', async (name, options) => {
    expect(() => CHAOS_ACTS[name].prepare(options)).toThrow(expect.objectContaining({ code: 'USAGE_INVALID' }));
  });
});

describe('a fault', () => {
  test('of a detector that is not there', async () => {
    const site = await virtualSite();
    await expect(site.chaos.detector(99).stick()).rejects.toMatchObject({ code: 'DETECTOR_UNKNOWN' });
    expect(site.chaos.faults).toEqual([]);
  });

  test('that stands in an embedded server says so where the site uses another', async () => {
    const first = await startSite({ detectors: 1 });
    const second = await startSite({
      detectors: 1,
      site: 'other',
      topicPrefix: 'o.',
      kafka: first.addresses.kafka,
      smtp: first.addresses.smtp,
    });
    try {
      for (const begin of [second.chaos.kafka.pause, second.chaos.kafka.drop, second.chaos.mail.hang]) {
        await expect(begin()).rejects.toMatchObject({ code: 'FAULT_NEEDS_EMBEDDED' });
      }
      await (await second.chaos.detector(1).stick()).heal();
    } finally {
      await second.stop();
      await first.stop();
    }
  });

  test('ends with its site, and leaves no timer', async () => {
    const site = await virtualSite();
    await site.chaos.mqtt.delay({ by: '1h' });
    await site.chaos.detector(1).flap({ every: '10s' });
    await site.chaos.mail.hang({ for: '1h' });
    await site.detector(2).trip();
    await site.stop();
    expect(site.chaos.faults).toEqual([]);
    expect(site.clock.timers()).toEqual([]);
  });
});
