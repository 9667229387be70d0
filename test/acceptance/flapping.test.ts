import { expect, onTestFinished, test } from 'vitest';
import { type Site, startSite } from '../../app/index.ts';

/** Silent until people could have been told, and heard again. */
async function comeAndGo(site: Site, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await site.detector(4).silence();
    await site.clock.advance('20s');
    await site.detector(4).revive();
    await site.clock.advance('10s');
  }
}

const titles = (site: Site) => site.inbox.emails().map(({ subject }) => subject);

test('a detector that comes and goes is one fault, which the panel counts, until it is steady', async () => {
  const site = await startSite({ clock: 'virtual', detectors: 4, floors: 4, heartbeat: '2s' });
  onTestFinished(() => site.stop());
  await comeAndGo(site, 4);
  const before = [
    'Fault: detector 4 is silent, floor 4 (hq)',
    'Recovered: detector 4, floor 4 (hq)',
    'Fault: detector 4 is silent, floor 4 (hq)',
    'Recovered: detector 4, floor 4 (hq)',
    'Fault: detector 4 comes and goes, floor 4 (hq)',
  ];
  expect(titles(site)).toEqual(before);
  expect((await site.lamp('detector/4').on()).text).toMatch(/it was silent 4 times/);
  await site.clock.advance('5m');
  expect(titles(site).slice(5)).toEqual(['Over: detector 4 comes and goes, floor 4 (hq)']);
  await site.lamp('detector/4').off();
});

test('one that dies while it flaps is told as silent, also by a watchdog that was started meanwhile', async () => {
  const site = await startSite({ clock: 'virtual', detectors: 4, floors: 4, heartbeat: '2s' });
  onTestFinished(() => site.stop());
  await comeAndGo(site, 3);
  await site.detector(4).silence();
  await site.clock.advance('1m');
  await site.chaos.begin('role.restart', { role: 'watchdog' });
  await site.clock.advance('6m');
  expect(titles(site).slice(4)).toEqual([
    'Fault: detector 4 comes and goes, floor 4 (hq)',
    'Over: detector 4 comes and goes, floor 4 (hq)',
    'Fault: detector 4 is silent, floor 4 (hq)',
  ]);
  expect((await site.lamp('detector/4').on()).text).toMatch(/has been silent for/);
});
