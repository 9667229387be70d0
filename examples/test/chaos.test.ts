import { startSite } from 'smokewire/vitest';
import { expect, it } from 'vitest';

it('tells of the fire once, though the floor controller dies before it has committed', async () => {
  const site = await startSite({ clock: 'virtual', heartbeat: '5s' });
  await site.chaos.kill('floor-controller', { before: 'commit', restart: '3s' });

  await site.detector(7).trip();

  await expect(site.valve(3)).toHaveOpened({ within: '5s' });
  await expect(site).toHaveNotified({ about: 'floor/3', times: 1 });
});

it('gives no detector up for a heartbeat that is lost now and then', async () => {
  const site = await startSite({ clock: 'virtual', seed: 'lossy' });
  await site.chaos.mqtt.drop({ topic: 'fire/v1/hq/+/detectors/+/signal', probability: 0.05 });
  await expect(site).toHaveStayedQuiet({ within: '2m' });
});
