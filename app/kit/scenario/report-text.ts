import { painter, printable, type Terminal } from '../../cli/terminal.ts';
import { timeInWords } from './fields.ts';
import { happeningInWords } from './happenings.ts';
import type { Scenario } from './parse.ts';
import type { ScenarioRun } from './run.ts';

type Style = Parameters<ReturnType<typeof painter>>[0];

/** A line of the timeline: what was done, what happened, or what was found out. */
interface Line {
  readonly at: number;
  readonly mark: string;
  readonly style: Style;
  readonly words: string;
  readonly details: readonly string[];
}

const MARKS = {
  act: { mark: '▸', style: 'bold' },
  happened: { mark: ' ', style: 'dim' },
  held: { mark: '✓', style: 'green' },
  failed: { mark: '✗', style: ['bold', 'red'] },
} as const satisfies Record<string, Pick<Line, 'mark' | 'style'>>;

/** Room for `3599.999s`. */
const TIME_WIDTH = 9;
const LONGEST = 100;

/** What stands above a run: the scenario's name, its clause, its file. */
export function heading(terminal: Terminal, { name, clause }: Scenario, file: string): string {
  const paint = painter(terminal);
  const reference = clause === undefined ? '' : ` · ${printable(clause)}`;
  return `${paint('bold', printable(name))}${reference}  ${paint('dim', printable(file))}\n`;
}

/** A run as people like to read it: its timeline, the stories of what was missed, and whether it held. */
export function reportText(terminal: Terminal, scenario: Scenario, run: ScenarioRun, tookMs: number): string {
  const paint = painter(terminal);
  const indent = ' '.repeat(TIME_WIDTH + 4);
  const lines = linesOf(run).flatMap(({ at, mark, style, words, details }) => [
    `${paint('dim', timeInWords(at).padStart(TIME_WIDTH))}  ${paint(style, `${mark} ${printable(words)}`)}`,
    ...details.map((detail) => `${indent}${printable(detail)}`),
  ]);
  const stories = [...run.stories.values()].flatMap((story) => [
    '',
    ...story.split('\n').map((line) => `${indent}${paint('dim', printable(line))}`),
  ]);
  const good = run.verdicts.filter(({ held }) => held).length;
  const outcome = run.held ? paint('green', '✓ held') : paint(['bold', 'red'], '✗ did not hold');
  const figures = `${good} of ${run.verdicts.length} · ${timeInWords(scenario.until)} of the site's time in ${timeInWords(tookMs)}`;
  return `${[...lines, ...stories, '', `  ${outcome}: ${figures}`].join('\n')}\n\n`;
}

/** What people were told is told here by its beginning. */
function shortened(words: string): string {
  return words.length <= LONGEST ? words : `${words.slice(0, LONGEST - 1)}…`;
}

/** In the order of time; of one moment, what was done before what happened, before what was found out. */
function linesOf({ acts, happenings, verdicts }: ScenarioRun): Line[] {
  return [
    ...acts.map(({ at, words }) => ({ at, words, details: [], ...MARKS.act })),
    ...happenings.map((happening) => ({
      at: happening.at,
      words: shortened(happeningInWords(happening)),
      details: [],
      ...MARKS.happened,
    })),
    ...verdicts.map(({ held, at, words, details }) => ({ at, words, details, ...(held ? MARKS.held : MARKS.failed) })),
  ].toSorted((a, b) => a.at - b.at);
}
