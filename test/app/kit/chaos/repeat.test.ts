import { expect, test } from 'vitest';
import { chaosStory } from './repeated-story.ts';

test('the same seed gives the same story, whatever goes wrong in it, and another seed another', {
  timeout: 120_000,
}, async () => {
  const first = await chaosStory('a');
  expect(first.split('\n').length, 'much happens').toBeGreaterThan(60);
  for (let run = 2; run <= 3; run++) expect(await chaosStory('a'), `run ${run}`).toBe(first);
  expect(await chaosStory('b')).not.toBe(first);
});
