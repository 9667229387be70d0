import { type Command, Option } from 'commander';
import { rfc3339 } from '../../../contracts/clock.ts';
import { SmokewireError } from '../../../contracts/errors.ts';
import { settingOf } from '../../../contracts/settings.ts';
import { durationArgument } from '../options.ts';
import { differenceLines } from '../replay-lines.ts';
import { printable, type Terminal } from '../terminal.ts';

/** Settings of which a replay can have others than the recording. */
const SETTINGS = ['misses', 'grace', 'emailTo', 'smsTo'] as const;

interface Options extends Readonly<Partial<Record<(typeof SETTINGS)[number], string>>> {
  readonly json?: boolean;
  readonly tolerance?: number;
}

/** `replay FILE`: would today's code, and these settings, tell people the same? */
export function addReplay(program: Command, terminal: Terminal): void {
  const command = program
    .command('replay <file>')
    .description(
      'drives today’s code with a recording, in virtual time, and compares who is told what; exit 1 if it differs',
    )
    .option('--json', 'one JSON object a line on stdout: the summary, then each difference')
    .addOption(
      new Option('--tolerance <duration>', 'how far the times of a notification may be apart (default: 1s)').argParser(
        durationArgument,
      ),
    );
  for (const name of SETTINGS) {
    const { flag, help } = settingOf(name);
    if (flag) command.addOption(new Option(flag, `${help}; as recorded without`));
  }
  command
    .addHelpText(
      'after',
      '\nExamples:\n  smokewire replay monday.jsonl\n  smokewire replay monday.jsonl --misses 5     who would not have been told?',
    )
    .action(async (path: string, options: Options) => {
      const { tolerance, json = false } = options;
      // Loaded here, so that a command that only asks a site starts fast.
      const { replay } = await import('../../kit/record/recording-run.ts');
      const { overview, recorded, replayed, differences } = await replay(path, {
        settings: Object.fromEntries(SETTINGS.flatMap((name) => (options[name] ? [[name, options[name]]] : []))),
        ...(tolerance !== undefined && { toleranceMs: tolerance }),
        signal: terminal.stopping,
      });
      const { header, from, until, inputs } = overview;
      const { site } = header.settings;
      const counts = { site, from: rfc3339(from), until: rfc3339(until), inputs, recorded, replayed };
      const summary = `site ${printable(site)}, ${counts.from} to ${counts.until}: ${inputs} records came in; ${recorded} notifications then, ${replayed} now`;
      const lines = json
        ? [JSON.stringify({ ...counts, differences: differences.length }), ...differences.map((d) => JSON.stringify(d))]
        : [summary, ...differences.flatMap((difference) => differenceLines(terminal, difference))];
      for (const line of lines) terminal.stdout.write(`${line}\n`);
      if (differences.length > 0) {
        throw new SmokewireError('REPLAY_DIFFERS', `${differences.length} of the notifications are not as recorded`);
      }
      if (!json) terminal.stdout.write('no difference\n');
    });
}
