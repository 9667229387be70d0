import { Argument, type Command } from 'commander';
import { z } from 'zod';
import { SmokewireError } from '../../../contracts/errors.ts';
import { type DeadLetterView, deadLetterViewSchema } from '../../../contracts/http.ts';
import { SiteApi } from '../../site-api.ts';
import { addSiteOptions, integerArgument, siteUrl } from '../options.ts';
import { printable, printRows, type Terminal } from '../terminal.ts';

interface Options {
  url?: string;
  json?: boolean;
}

/** `dlq list|show|replay`: dead letters, named by topic, partition and offset. */
export function addDlq(program: Command, terminal: Terminal): void {
  const dlq = program.command('dlq').description('dead letters: what nobody could handle, and why');

  addSiteOptions(dlq.command('list'))
    .description('all dead letters')
    .addHelpText('after', '\nExamples:\n  smokewire dlq list')
    .action(async (options: Options) => {
      printRows(terminal, options.json ?? false, await letters(terminal, options), [
        { head: 'topic', cell: (row) => row.topic },
        { head: 'partition', right: true, cell: (row) => row.partition },
        { head: 'offset', right: true, cell: (row) => row.offset },
        { head: 'at', cell: (row) => row.at },
        { head: 'key', cell: (row) => row.key },
        { head: 'code', cell: (row) => row.code },
        { head: 'reason', cell: (row) => row.message },
      ]);
    });

  coordinates(addSiteOptions(dlq.command('show')))
    .description('one dead letter, whole')
    .addHelpText('after', '\nExamples:\n  smokewire dlq show emails.dead 2 0')
    .action(async (topic: string, partition: number, offset: number, options: Options) => {
      const found = (await letters(terminal, options)).find(
        (letter) => letter.topic === topic && letter.partition === partition && letter.offset === offset,
      );
      if (!found) {
        throw new SmokewireError(
          'DEAD_LETTER_UNKNOWN',
          `there is no dead letter ${topic} ${partition} ${offset}: see \`smokewire dlq list\``,
        );
      }
      if (options.json) return void terminal.stdout.write(`${JSON.stringify(found)}\n`);
      for (const [name, value] of Object.entries(found)) {
        const text =
          value !== null && typeof value === 'object' ? Object.values(value).join(' ') : String(value ?? '-');
        terminal.stdout.write(`${name.padEnd(10)} ${printable(text)}\n`);
      }
    });

  coordinates(addSiteOptions(dlq.command('replay')))
    .description('publishes a dead letter again where it came from')
    .addHelpText('after', '\nExamples:\n  smokewire dlq replay emails.dead 2 0')
    .action(async (topic: string, partition: number, offset: number, options: Options) => {
      await new SiteApi(siteUrl(terminal, options)).send(
        'POST',
        `/api/v1/dead-letters/${encodeURIComponent(topic)}/${partition}/${offset}/replay`,
      );
      const line = options.json
        ? JSON.stringify({ topic, partition, offset, replayed: true })
        : `${topic} ${partition} ${offset}: replayed`;
      terminal.stdout.write(`${printable(line)}\n`);
    });
}

function coordinates(command: Command): Command {
  return command
    .addArgument(new Argument('<topic>', 'its dead letter topic'))
    .addArgument(new Argument('<partition>').argParser(integerArgument))
    .addArgument(new Argument('<offset>').argParser(integerArgument));
}

function letters(terminal: Terminal, options: Options): Promise<DeadLetterView[]> {
  return new SiteApi(siteUrl(terminal, options)).get('/api/v1/dead-letters', z.array(deadLetterViewSchema));
}
