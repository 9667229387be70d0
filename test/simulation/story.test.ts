import { expect, test } from 'vitest';
import { seededRandom } from '../../app/random.ts';
import { Chance } from './chance.ts';
import { RECONNECT_MS } from './detector.ts';
import { storyOf, TROUBLE_MS } from './story.ts';

test('whenever a broker is back, healthy detectors have the time that they need to connect', () => {
  for (let seed = 1; seed <= 500; seed++) {
    for (const { brokerOutages } of storyOf(new Chance(seededRandom(String(seed)))).bridges) {
      for (const [i, { from }] of brokerOutages.entries()) {
        const backAt = brokerOutages[i - 1]?.to ?? Number.NEGATIVE_INFINITY;
        expect(from - backAt).toBeGreaterThan(RECONNECT_MS);
      }
    }
  }
});

test('in every fourth story partitions are added, soon enough for every verdict that follows', () => {
  const stories = Array.from({ length: 500 }, (_, seed) => storyOf(new Chance(seededRandom(String(seed)))));
  const growths = stories.flatMap(({ growth }) => growth ?? []);
  expect(growths.length).toBeGreaterThan(100);
  expect(growths.length).toBeLessThan(150);
  expect(new Set(growths.map(({ to }) => to))).toEqual(new Set([5, 6, 7, 8, 9]));
  for (const { at } of growths) {
    expect(at).toBeGreaterThanOrEqual(0);
    expect(at).toBeLessThan(TROUBLE_MS);
  }
});

test('every way to be odd, and to look odd, has its stories', () => {
  const met = new Set<string>();
  for (let seed = 1; seed <= 1_000; seed++) {
    for (const plan of storyOf(new Chance(seededRandom(String(seed)))).detectors) {
      const numbered = plan.isNumbered ? 'numbered' : 'bare';
      for (const odd of plan.oddities) {
        met.add(`${odd.kind}, ${numbered}`);
        if (odd.kind !== 'duplicate-id') continue;
        met.add(odd.floor === plan.floor ? 'on one floor' : 'on two floors');
        met.add(odd.bridge === plan.home ? 'through one bridge' : 'through two bridges');
      }
      if (plan.bursts.length > 0) met.add(`burst, ${numbered}`);
      if (plan.strays.length > 0) met.add(`stray, ${numbered}`);
    }
  }
  const kinds = ['wrong-floor', 'duplicate-id', 'babbling', 'burst', 'stray'];
  const places = ['on one floor', 'on two floors', 'through one bridge', 'through two bridges'];
  expect([...met].toSorted()).toEqual(
    [...kinds.flatMap((kind) => [`${kind}, bare`, `${kind}, numbered`]), ...places].toSorted(),
  );
});
