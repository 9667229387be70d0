import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { messageOf, SmokewireError } from '../../../contracts/errors.ts';
import type { Scenario } from '../../kit/scenario/parse.ts';
import type { Finished } from '../../kit/scenario/report-junit.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  readonly json?: boolean;
  readonly junit?: string;
  readonly realTime?: boolean;
  readonly seed?: string;
}

/** `scenario run FILE…`: timelines with what is expected and what is forbidden; `scenario schema`: their grammar, for editors. */
export function addScenario(program: Command, terminal: Terminal): void {
  const scenario = program
    .command('scenario')
    .description('timelines with what is expected and what is forbidden')
    .addHelpText(
      'after',
      '\nExamples:\n  smokewire scenario run fire.yaml\n  smokewire scenario run scenarios/ --json',
    );

  scenario
    .command('run <file...>')
    .description('runs scenario files, or those of folders, one after the other, each on a site of its own')
    .option('--real-time', 'in the time of this machine, instead of virtual time')
    .option('--seed <s>', "in place of each scenario's own seed")
    .option('--junit <file>', 'writes the outcome as JUnit XML too')
    .option('--json', 'one JSON object a line on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  smokewire scenario run fire.yaml\n  smokewire scenario run scenarios/ --junit scenarios.xml',
    )
    .action(async (paths: string[], options: Options) => {
      // Loaded here, so that a command that only asks a site starts fast.
      const { readScenarios } = await import('../../kit/scenario/files.ts');
      const scenarios = await readScenarios(paths);
      const finished: Finished[] = [];
      for (const { file, scenario } of scenarios) finished.push(await runOne(terminal, file, scenario, options));
      if (options.junit !== undefined) await writeJunit(options.junit, finished);
      const failed = finished.filter(({ run }) => !run.held);
      const summary = `${finished.length - failed.length} of ${finished.length} scenarios held`;
      if (failed.length > 0) {
        const names = failed.map(({ file }) => `\n${file}`).join('');
        throw new SmokewireError('SCENARIO_FAILED', `${summary}; not so:${names}`);
      }
      if (!options.json) terminal.stdout.write(`${summary}\n`);
    });

  scenario
    .command('schema')
    .description('the JSON schema of scenario files, for editors')
    .addHelpText('after', '\nExamples:\n  smokewire scenario schema > scenario.schema.json')
    .action(async () => {
      const { jsonSchema } = await import('../../kit/scenario/schema.ts');
      terminal.stdout.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
    });
}

async function runOne(terminal: Terminal, file: string, scenario: Scenario, options: Options): Promise<Finished> {
  const { runScenario } = await import('../../kit/scenario/run.ts');
  const { heading, reportText } = await import('../../kit/scenario/report-text.ts');
  const { reportJson } = await import('../../kit/scenario/report-json.ts');
  const { json = false, realTime = false, seed } = options;
  if (!json) terminal.stdout.write(heading(terminal, scenario, file));
  const begun = terminal.clock.now();
  const run = await runScenario(scenario, { realTime, seed, signal: terminal.stopping });
  const tookMs = terminal.clock.now() - begun;
  if (!json) terminal.stdout.write(reportText(terminal, scenario, run, tookMs));
  else for (const line of reportJson(file, scenario, run, tookMs)) terminal.stdout.write(`${JSON.stringify(line)}\n`);
  return { file, scenario, run, tookMs };
}

async function writeJunit(path: string, finished: readonly Finished[]): Promise<void> {
  const { reportJunit } = await import('../../kit/scenario/report-junit.ts');
  try {
    await writeFile(path, reportJunit(finished));
  } catch (error) {
    throw new SmokewireError('USAGE_INVALID', `--junit ${path} cannot be written: ${messageOf(error)}`);
  }
}
