import { type Command, Option } from 'commander';
import { rfc3339, sleep } from '../../../contracts/clock.ts';
import { siteViewSchema } from '../../../contracts/http.ts';
import { untilAborted } from '../../../contracts/until-aborted.ts';
import { SiteApi } from '../../site-api.ts';
import { addSiteOptions, durationArgument, siteUrl } from '../options.ts';
import { painter, printable, type Terminal } from '../terminal.ts';

interface Options {
  readonly url?: string;
  readonly json?: boolean;
  readonly for?: number;
}

/** `record FILE`: what enters a running site and what people are told, for `replay`. */
export function addRecord(program: Command, terminal: Terminal): void {
  addSiteOptions(program.command('record <file>'))
    .description('records what enters a running site and who is told what, until interrupted')
    .addOption(new Option('--for <duration>', 'ends by itself after so long').argParser(durationArgument))
    .addHelpText('after', '\nExamples:\n  smokewire record monday.jsonl\n  smokewire record night.jsonl --for 8h')
    .action(async (path: string, options: Options) => {
      const site = await new SiteApi(siteUrl(terminal, options)).get('/api/v1/site', siteViewSchema);
      // Loaded here, so that a command that only asks a site starts fast.
      const { recordToFile } = await import('../record-to-file.ts');
      const paint = painter(terminal);
      const say = (text: string) => {
        if (!options.json) terminal.stdout.write(`${text}\n`);
      };
      const ended = new AbortController();
      const summary = await recordToFile(terminal, path, site, async () => {
        say(`recording site ${paint('bold', printable(site.name))} → ${printable(path)}; Ctrl-C ends it`);
        const over = options.for === undefined ? [] : [sleep(terminal.clock, 'record', options.for, ended.signal)];
        await Promise.race([untilAborted(terminal.stopping), ...over]);
      }).finally(() => ended.abort());
      const { from, until, inputs, notifications, complete } = summary;
      say(`recorded ${seconds(until - from)}: ${inputs} records came in, ${notifications} notifications went out`);
      if (!complete) {
        terminal.stderr.write(
          'smokewire: not everything that came in was handled yet when the recording ended: a replay may tell more at its end\n',
        );
      }
      if (options.json) {
        const json = { file: path, from: rfc3339(from), until: rfc3339(until), inputs, notifications, complete };
        terminal.stdout.write(`${JSON.stringify(json)}\n`);
      }
    });
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
