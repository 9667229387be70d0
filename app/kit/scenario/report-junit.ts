import type { Scenario } from './parse.ts';
import type { ScenarioRun } from './run.ts';

/** A scenario that ran, and how long it took on the machine, in milliseconds. */
export interface Finished {
  readonly file: string;
  readonly scenario: Scenario;
  readonly run: ScenarioRun;
  readonly tookMs: number;
}

/** JUnit's XML, as CI servers read it: a suite for each scenario, a case for each verdict. */
export function reportJunit(finished: readonly Finished[]): string {
  const total = { tests: 0, failures: 0, ms: 0 };
  const suites = finished.map(({ file, scenario, run, tookMs }) => {
    const failures = run.verdicts.filter(({ held }) => !held).length;
    total.tests += run.verdicts.length;
    total.failures += failures;
    total.ms += tookMs;
    const counts = { tests: run.verdicts.length, failures, time: seconds(tookMs) };
    const cases = run.verdicts.map(({ kind, held, words, details, about }) => {
      const attributes = attributesOf({ classname: scenario.name, name: words, file });
      if (held) return `    <testcase${attributes}/>`;
      const story = about === undefined ? [] : [run.stories.get(about) ?? ''];
      const failure = `<failure${attributesOf({ type: kind, message: details[0] ?? words })}>`;
      return `    <testcase${attributes}>\n      ${failure}${escaped([...details, ...story].join('\n'))}</failure>\n    </testcase>`;
    });
    return [`  <testsuite${attributesOf({ name: scenario.name, file, ...counts })}>`, ...cases, '  </testsuite>'].join(
      '\n',
    );
  });
  const { tests, failures, ms } = total;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributesOf({ name: 'smokewire scenarios', tests, failures, time: seconds(ms) })}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

function attributesOf(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escaped(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no control characters, not even escaped ones. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
