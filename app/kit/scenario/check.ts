import { subjectInWords, timeInWords } from './fields.ts';
import { type Happening, happeningInWords, STRICT } from './happenings.ts';
import type { Expectation, Scenario } from './parse.ts';
import type { Pattern } from './patterns.ts';
import type { Window } from './window.ts';

/** What the scenario says about one thing, and whether it held. */
export interface Verdict {
  /** `refused`: an act that the site refused, or should have refused. */
  readonly kind: 'expected' | 'forbidden' | 'unexpected' | 'refused';
  readonly held: boolean;
  /** When that was clear: milliseconds since the site was ready. */
  readonly at: number;
  /** `e-mail about detector 8, between 13s and 16s` */
  readonly words: string;
  /** What happened instead; empty where it held. */
  readonly details: readonly string[];
  /** The subject whose story explains it. */
  readonly about: string | undefined;
}

/** How many things that happened instead are told. */
const INSTEAD = 5;

/**
 * Holds what happened against what a scenario expects, forbids and allows. An expectation counts what happens in its window; the
 * same happening may count for several. What is STRICT and neither expected in its window nor allowed is unexpected.
 */
export function check(scenario: Scenario, happenings: readonly Happening[]): Verdict[] {
  const expected = scenario.expect.flatMap((expectation) =>
    expectation.patterns.map((pattern) => ({
      ...expectation,
      pattern,
      verdict: expect(expectation, pattern, happenings),
    })),
  );
  const forbidden = scenario.forbid.map(({ patterns, window, because }) => {
    const hits = happenings.filter((happening) => inside(window, happening) && fitsAny(patterns, happening));
    return { hits, verdict: forbid(patterns, window, because, hits) };
  });
  // What a verdict that did not hold tells of already is not told once more.
  const told = new Set([
    ...forbidden.flatMap(({ hits }) => hits),
    ...expected.flatMap(({ pattern, verdict }) => (verdict.held ? [] : happenings.filter(pattern.fits))),
  ]);
  const accounted = (happening: Happening) =>
    told.has(happening) ||
    fitsAny(scenario.allow, happening) ||
    expected.some(({ pattern, window }) => inside(window, happening) && pattern.fits(happening));
  const surprises = happenings.filter((happening) => STRICT.includes(happening.type) && !accounted(happening));
  return [
    ...expected.map(({ verdict }) => verdict),
    ...forbidden.map(({ verdict }) => verdict),
    ...(surprises.length === 0 ? [nothingElse(scenario)] : surprises.map(unexpected)),
  ];
}

function expect({ window, count, because }: Expectation, pattern: Pattern, happenings: readonly Happening[]): Verdict {
  const hits = happenings.filter((happening) => inside(window, happening) && pattern.fits(happening));
  const held = hits.length >= count.min && hits.length <= count.max;
  const times = count.min === 1 && count.max === 1 ? '' : `, ${countInWords(count)}`;
  return {
    kind: 'expected',
    held,
    at: held ? (hits.at(-1)?.at ?? window.to) : window.to,
    words: withWindow(`${pattern.words}${times}`, window),
    details: held ? [] : [...reason(because), ...instead(pattern, window, hits, happenings)],
    about: pattern.about,
  };
}

/** What came, too often or at the wrong time; else what came of the same kind; else what came about the same subject. */
function instead(
  pattern: Pattern,
  window: Window,
  hits: readonly Happening[],
  happenings: readonly Happening[],
): string[] {
  const strays = happenings.filter((happening) => pattern.fits(happening) && !inside(window, happening));
  const alike = happenings.filter(({ type }) => pattern.types.includes(type));
  const related = alike.length > 0 ? alike : happenings.filter(({ subject }) => subject === pattern.about);
  const came = hits.length > 0 ? `it happened ${timesInWords(hits.length)}` : 'it did not happen';
  const lines = [
    ...hits.map((hit) => line(hit)),
    ...strays.map((stray) => `${line(stray)} (${missBy(window, stray)})`),
  ];
  if (lines.length > 0) return [came, ...lines];
  if (related.length > 0) return [`${came}, but this did:`, ...related.slice(0, INSTEAD).map(line)];
  return [
    pattern.about === undefined ? came : `${came}; nothing happened that is about ${subjectInWords(pattern.about)}`,
  ];
}

function forbid(
  patterns: readonly Pattern[],
  window: Window,
  because: string | undefined,
  hits: readonly Happening[],
): Verdict {
  return {
    kind: 'forbidden',
    held: hits.length === 0,
    at: hits[0]?.at ?? window.to,
    words: withWindow(`never: ${patterns.map(({ words }) => words).join(', ')}`, window),
    details: hits.length === 0 ? [] : [...reason(because), ...hits.map(line)],
    about: patterns[0]?.about,
  };
}

function unexpected(happening: Happening): Verdict {
  return {
    kind: 'unexpected',
    held: false,
    at: happening.at,
    words: `nobody expected: ${happeningInWords(happening)}`,
    details: [],
    about: happening.subject,
  };
}

function nothingElse({ until }: Scenario): Verdict {
  return {
    kind: 'unexpected',
    held: true,
    at: until,
    words: 'nothing else: no notification, open valve, dead letter or error in the log',
    details: [],
    about: undefined,
  };
}

function inside({ from, to }: Window, { at }: Happening): boolean {
  return at >= from && at <= to;
}

function fitsAny(patterns: readonly Pattern[], happening: Happening): boolean {
  return patterns.some((pattern) => pattern.fits(happening));
}

function withWindow(what: string, { words }: Window): string {
  return words === '' ? what : `${what}, ${words}`;
}

function missBy({ from, to }: Window, { at }: Happening): string {
  return at < from ? `${timeInWords(from - at)} too early` : `${timeInWords(at - to)} too late`;
}

function reason(because: string | undefined): string[] {
  return because === undefined ? [] : [because];
}

function line(happening: Happening): string {
  return `at ${timeInWords(happening.at)}: ${happeningInWords(happening)}`;
}

function countInWords({ min, max }: Expectation['count']): string {
  return min === max ? timesInWords(min) : `${min} to ${max} times`;
}

function timesInWords(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}
