import { expect, test } from 'vitest';
import { told, virtualSite } from './site.ts';

test('a heartbeat that drifts is silent once it is too slow, and well once it is healed', async () => {
  const site = await virtualSite();
  const fault = await site.chaos.detector(2).drift({ perBeat: '500ms' });
  await site.detector(2).is('silent', { within: '40s' });
  await fault.heal();
  await site.detector(2).is('ok', { within: '3s' });
  await site.clock.advance('20s');
  expect(site.detector(2).state).toBe('ok');
});

test('a detector that is stuck at 1 cannot be cleared, and its floor cannot be reset', async () => {
  const site = await virtualSite();
  const fault = await site.chaos.detector(2).stick();
  await site.valve(2).opened({ within: '5s' });
  await site.detector(2).clear();
  await site.clock.advance('2s');
  await expect(site.floor(2).reset()).rejects.toMatchObject({ code: 'FLOOR_IN_ALARM' });
  await fault.heal();
  await site.floor(2).reset();
});

test('a connection that flaps is suspect again and again, and never silent where it is back in time', async () => {
  const site = await virtualSite();
  const fault = await site.chaos.detector(2).flap({ every: '10s', down: '2s' });
  await site.clock.advance('35s');
  expect(told(site).filter((event) => event === 'detector.suspect detector/2')).toHaveLength(4);
  expect(told(site).filter((event) => event.startsWith('detector.silent'))).toEqual([]);
  await fault.heal();
  await site.clock.advance('30s');
  expect(told(site).filter((event) => event === 'detector.suspect detector/2')).toHaveLength(4);
  expect(site.detector(2).state).toBe('ok');
});

test('a connection that flaps for too long is silent each time', async () => {
  const site = await virtualSite();
  await site.chaos.detector(2).flap({ every: '20s', down: '10s', for: '25s' });
  await site.clock.advance('1m');
  expect(told(site).filter((event) => event === 'detector.silent detector/2')).toHaveLength(2);
  expect(site.detector(2).state).toBe('ok');
});

test.each([{ ahead: '2h' }, { behind: '2h' }])('a clock that is wrong judges nothing: %o', async (skew) => {
  const site = await virtualSite();
  const fault = await site.chaos.detector(2).skew(skew);
  await site.clock.advance('30s');
  expect(told(site).filter((event) => event.startsWith('detector.'))).toEqual([]);
  expect(site.deadLetters()).toEqual([]);
  await fault.heal();
  await site.clock.advance('30s');
  expect(site.detector(2).state).toBe('ok');
});

test('a detector that babbles disturbs nobody', async () => {
  const site = await virtualSite();
  await site.chaos.detector(2).babble({ perSecond: 200, for: '5s' });
  await site.detector(1).silence();
  await site.detector(1).is('silent', { within: '10s' });
  expect(told(site).filter((event) => event.startsWith('detector.silent'))).toEqual(['detector.silent detector/1']);
});

test('a second device under the same id hides that the first one is silent', async () => {
  const site = await virtualSite();
  const fault = await site.chaos.detector(2).impersonate({ floor: 7 });
  await site.detector(2).silence();
  await site.clock.advance('30s');
  expect(site.detector(2).state).not.toBe('silent');
  await fault.heal();
  await site.detector(2).is('silent', { within: '10s' });
});
