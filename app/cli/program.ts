import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { errorTraits, SmokewireError } from '../../contracts/errors.ts';
import { addDetectorActions } from './commands/actions.ts';
import { addDisablement } from './commands/disablement.ts';
import { addDlq } from './commands/dlq.ts';
import { addInbox } from './commands/inbox.ts';
import { addRecord } from './commands/record.ts';
import { addReplay } from './commands/replay.ts';
import { addRun } from './commands/run.ts';
import { addScenario } from './commands/scenario.ts';
import { addSwitches } from './commands/switches.ts';
import { addTail } from './commands/tail.ts';
import { addUp } from './commands/up.ts';
import { addViews } from './commands/views.ts';
import { addWalkTest } from './commands/walk-test.ts';
import { printable, type Terminal } from './terminal.ts';

/** Wrong usage or configuration (contract: exit codes). */
const EXIT_USAGE = 2;
const EXIT_FAILED = 1;

/**
 * Runs one command line, without the program's name, and answers with its exit code: 0 done, 1 it failed, 2 wrong usage or
 * configuration, 3 no site at that address. Errors go to stderr, each with its code.
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await program(terminal).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // commander has printed its help, version or complaint already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (error instanceof SmokewireError) {
      for (const line of error.message.split('\n'))
        terminal.stderr.write(`smokewire: ${error.code}: ${printable(line)}\n`);
      return errorTraits(error.code).exit ?? EXIT_FAILED;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const lines = text.split('\n').map(printable).join('\n');
    terminal.stderr.write(`smokewire: INTERNAL: a defect in smokewire, please report it: ${lines}\n`);
    return EXIT_FAILED;
  }
}

function program(terminal: Terminal): Command {
  const root = new Command('smokewire')
    .description(
      'A fire-safety IoT simulator with stream processing: launch detectors, trip or kill some, see who is told.',
    )
    .version(version(), '-V, --version')
    .addHelpText(
      'after',
      '\nExamples:\n  smokewire up                    a whole site in this process\n  smokewire trip 7                detector 7 signals fire: its floor’s valve opens\n  smokewire kill 8                detector 8 falls silent: e-mail, SMS and lamp\n  smokewire inbox --follow        what people were told',
    )
    .showHelpAfterError('(see smokewire --help)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    });
  addUp(root, terminal);
  addRun(root, terminal);
  addDetectorActions(root, terminal);
  addSwitches(root, terminal);
  addDisablement(root, terminal);
  addViews(root, terminal);
  addInbox(root, terminal);
  addTail(root, terminal);
  addDlq(root, terminal);
  addRecord(root, terminal);
  addReplay(root, terminal);
  addWalkTest(root, terminal);
  addScenario(root, terminal);
  return root;
}

/** The version in package.json, which stands two folders above this one in the source, three in the build. */
function version(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (name === 'smokewire') return String(version);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new Error('package.json is not where the build expects it');
}
