import { expect, test } from 'vitest';
import { problemsOf } from './oracle.ts';
import { simulate } from './simulation.ts';

/** CI runs 1,000; more of them: `npm run simulate -- --seeds 100000`; one in full: `npm run simulate -- --seed S`. */
const SEEDS = 30;

test('whatever goes wrong, nobody is blamed, missed or told of twice, and every recovery is told', async () => {
  const failed: Record<string, string[]> = {};
  for (let seed = 1; seed <= SEEDS; seed++) {
    const problems = problemsOf(await simulate(String(seed)));
    if (problems.length > 0) failed[`--seed ${seed}`] = problems;
  }
  expect(failed).toEqual({});
}, 300_000);

test('a seed is the same story again', async () => {
  const [once, again] = [await simulate('again'), await simulate('again')];
  expect(once.world.said.length).toBeGreaterThan(0);
  expect(again.world.said).toEqual(once.world.said);
  expect(again.heard).toEqual(once.heard);
});
