import { expect, test } from 'vitest';
import { readScenarios } from '../../app/kit/scenario/files.ts';
import { runScenario, type ScenarioRun } from '../../app/kit/scenario/run.ts';
import { scenarioOf } from '../app/kit/scenario/support.ts';

/** What did not hold, for a test's message. */
function failures({ verdicts, stories }: ScenarioRun): unknown[] {
  const missed = verdicts.filter(({ held }) => !held).map(({ at, words, details }) => ({ at, words, details }));
  return missed.length === 0 ? [] : [...missed, ...stories.values()];
}

const library = await readScenarios(['scenarios']);

test.each(library)('$file holds', async ({ scenario }) => {
  expect(failures(await runScenario(scenario))).toEqual([]);
});

test('what nobody expects fails a scenario, and its story is told', async () => {
  const scenario = scenarioOf('{name: strict, site: {detectors: 4}, timeline: [{at: 5s, silence: 2}], until: 20s}');
  const { held, verdicts, stories } = await runScenario(scenario);
  expect(held).toBe(false);
  expect(verdicts.map(({ kind, words }) => `${kind}: ${words}`).toSorted()).toEqual([
    expect.stringMatching(/^unexpected: nobody expected: SMS to \+15005550006: Fault: detector 2 is silent/),
    expect.stringMatching(/^unexpected: nobody expected: e-mail to safety@example\.com: Fault: detector 2 is silent/),
    expect.stringMatching(/^unexpected: nobody expected: lamp detector 2 on: /),
  ]);
  expect([...stories.keys()]).toEqual(['detector/2']);
});

test('what is expected and does not come fails it, with what happened instead', async () => {
  const scenario = scenarioOf(`
name: impatient
site: {detectors: 4}
timeline: [{at: 5s, silence: 2}]
expect:
  - notification: {channel: email, about: detector 2}
    within: 2s
  - valve: {floor: 2, becomes: open}
allow:
  - notification: {about: detector 2}
until: 20s`);
  const { verdicts } = await runScenario(scenario);
  expect(verdicts.filter(({ held }) => !held).map(({ details }) => details)).toEqual([
    ['it did not happen', expect.stringMatching(/^at 13s: e-mail to .*detector 2 is silent.* \(6s too late\)$/)],
    ['it did not happen; nothing happened that is about floor 2'],
  ]);
});

test('an act that the site refuses fails it, unless it has to be refused', async () => {
  const scenario = scenarioOf(`
name: refusals
site: {detectors: 4}
timeline:
  - {at: 1s, trip: 2}
  - {at: 2s, reset: 2}
  - {at: 2s, reset: 2, refused: FLOOR_IN_ALARM}
  - {at: 3s, clear: 2, refused: FLOOR_IN_ALARM}
allow:
  - notification: {}
  - valve: {floor: 2, becomes: open}
until: 5s`);
  const { verdicts } = await runScenario(scenario);
  expect(verdicts.filter(({ kind }) => kind === 'refused')).toMatchObject([
    {
      held: false,
      at: 2_000,
      words: 'a human resets floor 2: done',
      details: [expect.stringMatching(/FLOOR_IN_ALARM/)],
    },
    { held: true, at: 2_000, words: 'a human resets floor 2: refused with FLOOR_IN_ALARM' },
    { held: false, at: 3_000, words: 'clear detector 2: refused with FLOOR_IN_ALARM', details: ['it was done'] },
  ]);
});

test('the same scenario holds in real time', async () => {
  const scenario = scenarioOf(`
name: real time
site: {detectors: 4, heartbeat: 200ms, misses: 4, grace: 500ms}
timeline:
  - {at: 300ms, trip: 1}
  - {at: 300ms, silence: 2}
expect:
  - valve: {floor: 1, becomes: open}
    within: 3s
  - notification: {about: floor 1}
    within: 3s
  - notification: {about: detector 2}
    within: 5s
until: 5300ms`);
  expect(failures(await runScenario(scenario, { realTime: true }))).toEqual([]);
});

test('the same seed gives the same story, and a signal ends it', async () => {
  const scenario = scenarioOf(
    '{name: same, site: {detectors: 4, seed: 7}, timeline: [{at: 5s, kill: [2, 3]}], until: 20s}',
  );
  const [first, second] = [await runScenario(scenario), await runScenario(scenario)];
  expect(second.happenings).toEqual(first.happenings);
  expect(first.happenings.length).toBeGreaterThan(6);
  const options = { signal: AbortSignal.abort() };
  await expect(runScenario(scenario, options)).rejects.toMatchObject({ code: 'STOPPED' });
});
