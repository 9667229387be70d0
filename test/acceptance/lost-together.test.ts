import { expect, test } from 'vitest';
import { startSite } from '../../app/kit/vitest.ts';

/** Detectors 1, 4, 7 and 10. */
const FLOOR_1 = [1, 4, 7, 10];

async function threeFloors() {
  const site = await startSite({
    ...{ clock: 'virtual', detectors: 12, floors: 3, heartbeat: '1s', misses: 3, grace: '1s' },
    allow: [{ notification: {} }],
  });
  const titles = () => site.inbox.emails().map(({ subject }) => subject);
  const each = async (ids: readonly number[], act: 'silence' | 'revive' | 'kill') => {
    for (const id of ids) await site.detector(id)[act]();
  };
  return { site, titles, each };
}

test('a floor whose detectors all fall silent is one mail, and one when all are heard again', async () => {
  const { site, titles, each } = await threeFloors();
  await each(FLOOR_1, 'silence');
  await site.clock.advance('20s');
  expect(titles()).toEqual(['Fault: floor 1 is lost: 4 detectors are silent (hq)']);
  const named = /^Detector: (.*)$/m
    .exec(site.inbox.emails()[0]?.text ?? '')?.[1]
    ?.split(', ')
    .map(Number);
  expect(new Set(named)).toEqual(new Set(FLOOR_1));
  const lamps = () => site.notifications({ channel: 'lamp' }).map(({ to, title }) => `${to} ${title}`);
  expect(lamps()).toEqual(['fault/floor/1 on']);
  await each(FLOOR_1, 'revive');
  await site.clock.advance('1m');
  expect(titles().slice(1)).toEqual(['Recovered: floor 1 (hq)']);
  expect(lamps().slice(1)).toEqual(['fault/floor/1 off']);
});

test('a floor that is cut off at once is one mail, too', async () => {
  const { site, titles, each } = await threeFloors();
  await each(FLOOR_1, 'kill');
  await site.clock.advance('20s');
  expect(titles()).toEqual(['Fault: floor 1 is lost: 4 detectors are silent (hq)']);
});

test('fire is told at once on a floor whose detectors are held, and on one that is lost', async () => {
  const { site, titles, each } = await threeFloors();
  await each([1, 4, 7], 'silence');
  for (const id of [1, 4, 7]) await site.detector(id).is('silent', { within: '10s' });
  expect(titles(), 'they are held').toEqual([]);
  await site.detector(10).trip();
  await site.settled();
  expect(titles()).toEqual(['FIRE: floor 1 (hq)']);
  await site.detector(10).clear();
  await site.floor(1).reset();
  await each([10], 'silence');
  await each([2, 5, 8, 11], 'silence');
  await site.clock.advance('20s');
  expect(titles().filter((title) => title.includes('lost'))).toEqual([
    'Fault: floor 2 is lost: 4 detectors are silent (hq)',
  ]);
  const before = titles().length;
  await site.detector(11).revive();
  await site.detector(11).trip();
  await site.settled();
  expect(titles().slice(before)).toEqual(['FIRE: floor 2 (hq)']);
});
