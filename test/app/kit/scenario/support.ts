import type { Happening, HappeningType } from '../../../../app/kit/scenario/happenings.ts';
import { parseScenario, type Scenario } from '../../../../app/kit/scenario/parse.ts';

/** What is wrong with a file, as `line:column: message`. */
export function problemsOf(text: string): string[] {
  const parsed = parseScenario(text);
  return 'problems' in parsed
    ? parsed.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`)
    : [];
}

/** The scenario of a file that has no problems. */
export function scenarioOf(text: string): Scenario {
  const parsed = parseScenario(text);
  if ('problems' in parsed) throw new Error(problemsOf(text).join('\n'));
  return parsed.scenario;
}

/** Something that happened, `seconds` after the site was ready. */
export function happened(seconds: number, type: HappeningType, subject: string, text = ''): Happening {
  return { at: seconds * 1_000, type, subject, data: { to: 'a@b.c', title: text }, text };
}
