import { startSite } from 'smokewire/vitest';
import { expect, it } from 'vitest';

it('stands still until it is moved', async () => {
  const site = await startSite({ clock: 'virtual' });
  const start = site.clock.now();

  await site.clock.advance('90s');
  expect(site.clock.now() - start).toBe(90_000);

  const [next] = site.clock.timers();
  await site.clock.nextTimer();
  expect(site.clock.now()).toBe(next?.at);
  expect(site.clock.timers().map(({ name }) => name)).toContain('fleet heartbeats');
});

it('passes until something has happened', async () => {
  const site = await startSite({ clock: 'virtual', allow: [{ notification: {} }] });
  const start = site.clock.now();
  await site.detector(8).kill();

  await site.clock.runUntil(() => site.notifications({ about: site.detector(8), channel: 'sms' })[0]);

  expect(site.clock.now() - start).toBeGreaterThan(2_000);
  expect(site.clock.now() - start).toBeLessThanOrEqual(6_000);
});
