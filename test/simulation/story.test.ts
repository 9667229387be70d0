import { expect, test } from 'vitest';
import { seededRandom } from '../../app/random.ts';
import { Chance } from './chance.ts';
import { RECONNECT_MS } from './detector.ts';
import { storyOf } from './story.ts';

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
