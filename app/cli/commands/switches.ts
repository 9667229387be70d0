import { Argument, type Command } from 'commander';
import { acceptedSchema } from '../../../contracts/http.ts';
import { SiteApi } from '../../site-api.ts';
import { addSiteOptions, integerArgument, siteUrl } from '../options.ts';
import { printable, type Terminal } from '../terminal.ts';

interface Options {
  url?: string;
  json?: boolean;
}

/** `valve FLOOR open|close` and `reset FLOOR`: what a human does at a floor. */
export function addSwitches(program: Command, terminal: Terminal): void {
  addSiteOptions(program.command('valve'))
    .description("the human's switch: open or close a floor's valve")
    .addArgument(new Argument('<floor>', 'the floor').argParser(integerArgument))
    .addArgument(new Argument('<position>', 'where to').choices(['open', 'close']))
    .addHelpText('after', '\nExamples:\n  smokewire valve 3 open\n  smokewire valve 3 close')
    .action(async (floor: number, position: string, options: Options) => {
      const body = { position: position === 'open' ? 'open' : 'closed' };
      const answer = await new SiteApi(siteUrl(terminal, options)).send('PUT', `/api/v1/floors/${floor}/valve`, body);
      const { id } = acceptedSchema.parse(answer);
      const line = options.json
        ? JSON.stringify({ floor, ...body, id })
        : `floor ${floor}: valve is told to ${position} (${printable(id)})`;
      terminal.stdout.write(`${line}\n`);
    });

  addSiteOptions(program.command('reset'))
    .description("ends a floor's fire incident, once its detectors are back at 0")
    .addArgument(new Argument('<floor>', 'the floor').argParser(integerArgument))
    .addHelpText('after', '\nExamples:\n  smokewire clear 7 && smokewire reset 3')
    .action(async (floor: number, options: Options) => {
      await new SiteApi(siteUrl(terminal, options)).send('POST', `/api/v1/floors/${floor}/reset`);
      terminal.stdout.write(`${options.json ? JSON.stringify({ floor, reset: true }) : `floor ${floor}: reset`}\n`);
    });
}
