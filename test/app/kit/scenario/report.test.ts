import { describe, expect, it } from 'vitest';
import { check } from '../../../../app/kit/scenario/check.ts';
import type { Happening } from '../../../../app/kit/scenario/happenings.ts';
import type { Scenario } from '../../../../app/kit/scenario/parse.ts';
import { reportJson } from '../../../../app/kit/scenario/report-json.ts';
import { reportJunit } from '../../../../app/kit/scenario/report-junit.ts';
import { heading, reportText } from '../../../../app/kit/scenario/report-text.ts';
import type { ScenarioRun } from '../../../../app/kit/scenario/run.ts';
import { terminalOf } from '../../terminal-of.ts';
import { happened, scenarioOf } from './support.ts';

const SCENARIO = scenarioOf(`
name: A silent detector
clause: EN 54-2 8.2
timeline: [{at: 10s, silence: 8}]
expect: [{detector: {id: 8, becomes: silent}, within: 5s}]
forbid: [{detector: {id: 8, becomes: suspect}}]
until: 20s`);
const SILENT: Happening = { ...happened(14, 'detector.silent', 'detector/8'), data: { detector: 8 } };

function runOf(scenario: Scenario, ...happenings: Happening[]): ScenarioRun {
  const verdicts = check(scenario, happenings);
  const missed = verdicts.flatMap(({ held, about }) => (held || about === undefined ? [] : [about]));
  return {
    held: verdicts.every(({ held }) => held),
    acts: scenario.timeline.map(({ at, act }) => ({ at, words: act.words })),
    happenings,
    verdicts,
    stories: new Map(missed.map((about) => [about, `how far it got:\n  signals  3 about ${about}`])),
  };
}

describe('the timeline for people', () => {
  it('tells what was done, what happened and what was met, in the order of time', () => {
    const { terminal } = terminalOf();
    expect(heading(terminal, SCENARIO, 'a.yaml')).toBe('A silent detector · EN 54-2 8.2  a.yaml\n');
    expect(reportText(terminal, SCENARIO, runOf(SCENARIO, SILENT), 123)).toBe(
      [
        '      10s  ▸ silence detector 8',
        '      14s    detector 8 is silent',
        '      14s  ✓ detector 8 becomes silent, within 5s after 10s',
        '      20s  ✓ never: detector 8 becomes suspect',
        '      20s  ✓ nothing else: no notification, open valve, dead letter or error in the log',
        '',
        "  ✓ held: 3 of 3 · 20s of the site's time in 123ms",
        '',
        '',
      ].join('\n'),
    );
  });

  it('tells what happened instead, and the story of the message', () => {
    const text = reportText(terminalOf().terminal, SCENARIO, runOf(SCENARIO), 1_000);
    expect(text).toContain(
      [
        '      15s  ✗ detector 8 becomes silent, within 5s after 10s',
        '             it did not happen; nothing happened that is about detector 8',
      ].join('\n'),
    );
    expect(text).toContain('             how far it got:\n               signals  3 about detector/8\n');
    expect(text).toContain("  ✗ did not hold: 2 of 3 · 20s of the site's time in 1s\n");
  });

  it('is coloured on a terminal, and safe whatever people were told', () => {
    const { terminal } = terminalOf({ isTTY: true });
    const text = reportText(terminal, SCENARIO, runOf(SCENARIO, happened(9, 'sms', 'detector/8', '\u001b[2J')), 1);
    expect(text).toContain('\u001b[32m✓');
    expect(text).toContain('\\u001b[2J');
    expect(text).not.toContain('\u001b[2J');
  });
});

describe('the outcome for programs', () => {
  it('is one object for each thing that was done, happened or was found out, and a result', () => {
    expect(reportJson('a.yaml', SCENARIO, runOf(SCENARIO, SILENT), 12.4)).toEqual([
      { type: 'scenario', file: 'a.yaml', name: 'A silent detector', clause: 'EN 54-2 8.2', until: 20_000 },
      { type: 'act', file: 'a.yaml', at: 10_000, words: 'silence detector 8' },
      {
        type: 'happening',
        file: 'a.yaml',
        at: 14_000,
        what: 'detector.silent',
        subject: 'detector/8',
        words: 'detector 8 is silent',
        data: { detector: 8 },
      },
      expect.objectContaining({ type: 'verdict', kind: 'expected', held: true, at: 14_000, details: [] }),
      expect.objectContaining({ type: 'verdict', kind: 'forbidden', held: true }),
      expect.objectContaining({ type: 'verdict', kind: 'unexpected', held: true }),
      { type: 'result', file: 'a.yaml', held: true, tookMs: 12 },
    ]);
  });

  it('has the stories of what was missed', () => {
    expect(reportJson('a.yaml', SCENARIO, runOf(SCENARIO), 1)).toContainEqual({
      type: 'story',
      file: 'a.yaml',
      about: 'detector/8',
      story: 'how far it got:\n  signals  3 about detector/8',
    });
  });
});

describe('JUnit', () => {
  it('has a suite for each scenario and a case for each verdict', () => {
    const xml = reportJunit([
      { file: 'a.yaml', scenario: SCENARIO, run: runOf(SCENARIO, SILENT), tookMs: 1_500 },
      { file: 'b.yaml', scenario: SCENARIO, run: runOf(SCENARIO), tookMs: 500 },
    ]);
    expect(tagsOf(xml)).toEqual([
      'testsuites',
      ...['testsuite', 'testcase', 'testcase', 'testcase'],
      ...['testsuite', 'testcase', 'failure', 'testcase', 'testcase'],
    ]);
    expect(xml).toContain('<testsuites name="smokewire scenarios" tests="6" failures="1" time="2.000">');
    expect(xml).toContain('<testsuite name="A silent detector" file="b.yaml" tests="3" failures="1" time="0.500">');
    expect(xml).toContain(
      '<failure type="expected" message="it did not happen; nothing happened that is about detector 8">',
    );
    expect(xml).toContain('how far it got:\n  signals  3 about detector/8</failure>');
  });

  it('is well-formed whatever people were told', () => {
    const hostile = happened(9, 'sms', 'detector/8', 'a < b && "c" > d ]]> \u0000\u001b[2J \ud800 \u2028 🔥\n<x>');
    const xml = reportJunit([{ file: '<&".yaml', scenario: SCENARIO, run: runOf(SCENARIO, hostile), tookMs: 1 }]);
    expect(tagsOf(xml)).toEqual(['testsuites', 'testsuite', 'testcase', 'failure', 'testcase', 'testcase', 'failure']);
    expect(xml).toContain(
      'a &lt; b &amp;&amp; &quot;c&quot; &gt; d ]]&gt; \ufffd\ufffd[2J \ufffd \u2028 🔥&#10;&lt;x&gt;',
    );
  });
});

/** The elements of a document in the order in which they begin. Throws where it is not well-formed (XML 1.0, 2.1). */
function tagsOf(xml: string): string[] {
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(body))
    throw new Error('a character that XML does not have');
  const text = /^(?:[^<&]|&(?:amp|lt|gt|quot|#10);)*$/;
  const tag = /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g;
  const seen: string[] = [];
  const open: string[] = [];
  let end = 0;
  for (const match of body.matchAll(tag)) {
    const [whole, closing, name = '', attributes = '', empty] = match;
    if (!text.test(body.slice(end, match.index)) || !text.test(attributes)) throw new Error(`not text before ${whole}`);
    end = match.index + whole.length;
    if (closing && open.pop() !== name) throw new Error(`${whole} closes another element`);
    if (!closing) seen.push(name);
    if (!closing && !empty) open.push(name);
  }
  if (open.length > 0 || body.slice(end).trim() !== '') throw new Error(`left open: ${open}${body.slice(end)}`);
  return seen;
}
