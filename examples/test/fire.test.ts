import { startSite } from 'smokewire/vitest';
import { expect, it } from 'vitest';

it('opens the valve of the floor, and no other', async () => {
  const site = await startSite({ clock: 'virtual', detectors: 20, floors: 4 });

  await site.detector(7).trip();

  await expect(site.valve(3)).toHaveOpened({ within: '2s' });
  await expect(site).toHaveNotified({ about: 'floor/3', kind: 'fire' });
  await expect(site.valve(1)).not.toHaveOpened({ within: '1m' });
});

it('obeys the human who closes the valve, until a further detector tells of fire', async () => {
  const site = await startSite({ clock: 'virtual', allow: [{ notification: { kind: 'fire' } }] });
  await site.detector(7).trip();
  await site.valve(3).opened();

  await site.valve(3).close();
  await site.valve(3).closed();
  await site.clock.advance('5m');
  expect(site.valve(3).position).toBe('closed');

  await site.detector(11).trip();
  await site.valve(3).opened();
});
