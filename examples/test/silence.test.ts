import { startSite } from 'smokewire/vitest';
import { expect, it } from 'vitest';

it('finds a detector that is connected and says nothing', async () => {
  const site = await startSite({ clock: 'virtual', heartbeat: '10s', misses: 3, grace: '5s' });

  await site.detector(4).silence();

  await expect(site.detector(4)).not.toBeSilent({ within: '30s' });
  await expect(site.detector(4)).toBeSilent({ within: '20s' });
  await expect(site).toHaveNotified({ about: site.detector(4), channel: 'sms', matching: /silent/ });
  await site.inbox.lamp({ about: site.detector(4) });
  // Whoever is not asked about above has not been told anything: the e-mail is missing in this list.
  site.allow({ notification: { about: site.detector(4), channel: 'email' } });
});

it('tells the same people that it is back', async () => {
  const site = await startSite({ clock: 'virtual' });
  await site.detector(8).kill();
  await expect(site).toHaveNotified({ about: site.detector(8), times: 1 });

  await site.detector(8).revive();

  await expect(site).toHaveNotified({ about: site.detector(8), matching: /again|off/, within: '10s' });
  await expect(site).toHaveStayedQuiet({ within: '5m' });
});
