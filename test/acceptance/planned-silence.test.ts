import { expect, onTestFinished, test } from 'vitest';
import { replay, type Site, startSite } from '../../app/index.ts';

async function virtualSite(): Promise<Site> {
  const site = await startSite({ clock: 'virtual', detectors: 8, floors: 4 });
  onTestFinished(() => site.stop());
  return site;
}

const mails = (site: Site) => site.inbox.emails().map(({ subject }) => subject);
const events = (site: Site, about: string) =>
  site
    .events()
    .filter(({ type, subject }) => subject === about && /abled$/.test(type))
    .map(({ type, at }) => `${at.slice(11, 19)} ${type}`);

test('who is disabled is judged and shown, and told at the end, whoever was killed meanwhile', async () => {
  const site = await virtualSite();
  const detector = site.detector(8);
  await detector.disable({ for: '60s', reason: 'painters' });
  expect(detector.disabledUntil).toBe('2026-01-01T00:01:00.000Z');
  await detector.silence();
  await detector.is('silent');
  await site.chaos.begin('role.kill', { role: 'watchdog', restart: '5s' });
  await site.notNotified({ about: detector, within: '40s' });
  await site.notified({ about: detector, within: '20s' });
  expect(detector.disabledUntil).toBeNull();
  expect(events(site, 'detector/8')).toEqual(['00:00:00 detector.disabled', '00:01:00 detector.enabled']);
  await detector.revive();
  await site.inbox.email({ about: detector, matching: /^Recovered/ });
  expect(mails(site)).toHaveLength(2);
});

test('a floor that is disabled has fires, and is told of what is wrong once it is enabled', async () => {
  const site = await virtualSite();
  const floor = site.floor(3);
  await floor.disable({ for: '2h' });
  expect([floor.disabledUntil, site.detector(7).disabledUntil]).toEqual(Array(2).fill('2026-01-01T02:00:00.000Z'));
  await site.detector(7).silence();
  await site.detector(7).is('silent');
  await site.detector(3).trip();
  await site.valve(3).opened();
  await site.inbox.email({ about: floor, matching: /^FIRE/ });
  await site.notNotified({ about: site.detector(7), within: '1m' });
  await floor.enable();
  await site.notified({ about: site.detector(7), within: '1s' });
  await expect(site.detector(9).disable({ for: '1h' })).rejects.toMatchObject({ code: 'DETECTOR_UNKNOWN' });
  await expect(floor.disable({ for: '80h' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});

test('a recording keeps planned silences, also one from before it, and its replay tells as little', async () => {
  const site = await virtualSite();
  await site.detector(8).disable({ for: '60s' });
  await site.clock.advance('5s');
  const recording = await site.record();
  await site.floor(3).disable({ for: '30s' });
  await Promise.all([site.detector(7).silence(), site.detector(8).silence()]);
  await site.clock.advance('20s');
  await site.detector(7).revive();
  await site.clock.advance('60s');
  const result = await replay(await recording.stop());
  expect(result).toMatchObject({ differences: [], recorded: 1, replayed: 1 });
});
