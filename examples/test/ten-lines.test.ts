import { startSite } from 'smokewire/vitest';
import { expect, it } from 'vitest';

it('tells people of a dead detector', async () => {
  const site = await startSite({ clock: 'virtual' });
  await site.detector(8).kill();
  await expect(site).toHaveNotified({ about: site.detector(8), within: '10s' });
});
