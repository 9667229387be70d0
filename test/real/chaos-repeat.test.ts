import { expect, test } from 'vitest';
import { chaosStory } from '../app/kit/chaos/repeated-story.ts';

const RUNS = Number(process.env['SMOKEWIRE_RUNS'] ?? 200);

test(`${RUNS} runs of one seed are one story`, { timeout: RUNS * 30_000 }, async () => {
  const first = await chaosStory('again and again');
  for (let run = 2; run <= RUNS; run++) expect(await chaosStory('again and again'), `run ${run}`).toBe(first);
});
