import { happeningInWords } from './happenings.ts';
import type { Scenario } from './parse.ts';
import type { ScenarioRun } from './run.ts';

/** A run as objects, one for each line of output; times are milliseconds of the site's time since it was ready. */
export function reportJson(file: string, scenario: Scenario, run: ScenarioRun, tookMs: number): object[] {
  const { acts, happenings, verdicts, stories, held } = run;
  const { name, clause, until } = scenario;
  return [
    { type: 'scenario', file, name, ...(clause !== undefined && { clause }), until },
    ...acts.map((act) => ({ type: 'act', file, ...act })),
    ...happenings.map((happening) => ({
      type: 'happening',
      file,
      at: happening.at,
      what: happening.type,
      subject: happening.subject,
      words: happeningInWords(happening),
      data: happening.data,
    })),
    ...verdicts.map(({ kind, held, at, words, details }) => ({
      type: 'verdict',
      file,
      kind,
      held,
      at,
      words,
      details,
    })),
    ...[...stories].map(([about, story]) => ({ type: 'story', file, about, story })),
    { type: 'result', file, held, tookMs: Math.round(tookMs) },
  ];
}
