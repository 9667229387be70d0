import { startSite } from 'smokewire/vitest';
import { expect, it } from 'vitest';

it('tells how far a message got', async () => {
  const site = await startSite({ clock: 'virtual' });
  await site.detector(7).trip();
  await expect(site).toHaveNotified({ about: 'floor/3' });

  const story = await site.story('floor/3');

  expect(story).toContain('signals');
  expect(story).toContain('valve-commands');
});
