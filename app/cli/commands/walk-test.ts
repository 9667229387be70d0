import { readFileSync, writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { messageOf, SmokewireError } from '../../../contracts/errors.ts';
import { parseWalks, percentOf, type SectionReport, walkReport } from '../../kit/walk-test/report.ts';
import { walkReportHtml } from '../../kit/walk-test/report-html.ts';
import { painter, printable, type Terminal } from '../terminal.ts';

interface Options {
  readonly json?: boolean;
  readonly html?: string;
  readonly min?: number;
}

/** `walk-test report FILE…`: what the sites of a suite exercised, and what they left out. */
export function addWalkTest(program: Command, terminal: Terminal): void {
  program
    .command('walk-test')
    .description('which detectors, states, outputs and failures a suite of tests exercised')
    .command('report <file...>')
    .description('puts together what the sites of a suite noted where SMOKEWIRE_WALK_TEST said')
    .option('--json', 'one JSON object on stdout')
    .option('--html <file>', 'writes it as a page, too')
    .addOption(
      new Option('--min <percent>', 'exit 1 below this share of everything, such as 80%').argParser(percentArgument),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  SMOKEWIRE_WALK_TEST=walk.jsonl npx vitest run\n  smokewire walk-test report walk.jsonl --html walk.html --min 80%',
    )
    .action((paths: string[], { json, html, min }: Options) => {
      const report = walkReport(parseWalks(paths.map((path) => ({ path, text: read(path) }))));
      if (html !== undefined) write(html, walkReportHtml(report));
      const { sites, exercised, total, percent, sections } = report;
      if (json) terminal.stdout.write(`${JSON.stringify(report)}\n`);
      else {
        terminal.stdout.write(`walk test of ${sites} sites: ${exercised} of ${total} exercised, ${percent} %\n\n`);
        for (const section of sections) terminal.stdout.write(`${sectionLine(terminal, section)}\n`);
      }
      if (min !== undefined && percent < min) {
        throw new SmokewireError('WALK_TEST_SHORT', `${percent} % were exercised, and ${min} % are asked for`);
      }
    });
}

function sectionLine(terminal: Terminal, { name, exercised, missing }: SectionReport): string {
  const paint = painter(terminal);
  const total = exercised.length + missing.length;
  const share = `${exercised.length} of ${total}`.padStart(11);
  const percent = `${percentOf(exercised.length, total)} %`.padStart(7);
  const left = missing.length > 0 ? `  not: ${shortened(missing).map(printable).join(', ')}` : '';
  return `${paint(missing.length > 0 ? 'yellow' : 'green', name.padEnd(10))}${share}${percent}${paint('dim', left)}`;
}

/** Runs of ids as `9–20`, since a building has many detectors. */
function shortened(names: readonly string[]): string[] {
  const runs: { first: string; last: string }[] = [];
  for (const name of names) {
    const run = runs.at(-1);
    if (run && /^\d+$/.test(name) && Number(name) === Number(run.last) + 1) run.last = name;
    else runs.push({ first: name, last: name });
  }
  return runs.map(({ first, last }) => (first === last ? first : `${first}–${last}`));
}

function percentArgument(text: string): number {
  const percent = Number(/^(\d+(?:\.\d+)?) ?%?$/.exec(text)?.[1]);
  if (!(percent <= 100)) throw new InvalidArgumentError(`"${text}" is no share: write 80%`);
  return percent;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SmokewireError('FILE_INVALID', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new SmokewireError('FILE_INVALID', `${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}
