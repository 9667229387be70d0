import { startSite } from 'smokewire/vitest';
import { expect, it } from 'vitest';

it('sends a mail again that the server could not take', async () => {
  const site = await startSite({ clock: 'virtual' });
  // For ten seconds every mail is refused for now; after 1, 5 and 30 seconds it is tried again.
  await site.chaos.mail.refuse({ code: 451, for: '10s' });

  await site.detector(7).trip();

  await expect(site).toHaveNotified({ about: 'floor/3', channel: ['sms', 'lamp'], within: '1s' });
  await expect(site).not.toHaveNotified({ about: 'floor/3', channel: 'email', within: '30s' });
  await expect(site).toHaveNotified({ about: 'floor/3', channel: 'email', within: '10s' });
});
