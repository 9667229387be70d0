import { expect, it } from 'vitest';
import { seededRandom } from '../../app/random.ts';
import { detectorIdentities } from '../../simulators/detector-identity.ts';

const plan = { detectors: 7, floors: 3, heartbeatMs: [1_000, 5_000], passive: 2 };

it('deals out floors and heartbeats in turn, and makes the last ones passive', () => {
  const dealt = detectorIdentities(plan, seededRandom('any'));
  expect(dealt.map(({ id, floor, heartbeatMs, mode }) => `${id} ${floor} ${heartbeatMs} ${mode}`)).toEqual([
    '1 1 1000 active',
    '2 2 5000 active',
    '3 3 1000 active',
    '4 1 5000 active',
    '5 2 1000 active',
    '6 3 5000 passive',
    '7 1 1000 passive',
  ]);
});

it('repeats its phases with the seed', () => {
  expect(detectorIdentities(plan, seededRandom('a'))).toEqual(detectorIdentities(plan, seededRandom('a')));
  expect(detectorIdentities(plan, seededRandom('a'))).not.toEqual(detectorIdentities(plan, seededRandom('b')));
});

it('spreads phases evenly over the period', () => {
  const dealt = detectorIdentities({ ...plan, detectors: 10_000, heartbeatMs: [1_000] }, seededRandom('spread'));
  const tenths = Array.from({ length: 10 }, (_, tenth) => {
    return dealt.filter(({ phaseMs }) => Math.floor(phaseMs / 100) === tenth).length;
  });
  for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});
