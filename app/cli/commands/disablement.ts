import { Argument, type Command, Option } from 'commander';
import { SmokewireError } from '../../../contracts/errors.ts';
import { acceptedSchema } from '../../../contracts/http.ts';
import { SiteApi } from '../../site-api.ts';
import { addSiteOptions, durationArgument, integerArgument, integerArguments, siteUrl } from '../options.ts';
import type { Terminal } from '../terminal.ts';

interface EnableOptions {
  url?: string;
  json?: boolean;
  floor?: number;
}

interface DisableOptions extends EnableOptions {
  for: number;
  reason?: string;
}

/** `disable` and `enable`, of detectors or a floor: planned silence. */
export function addDisablement(program: Command, terminal: Terminal): void {
  about(program.command('disable'))
    .description('their faults are not told for some time; their states are judged and shown, and fires are told')
    .addOption(new Option('--for <d>', 'how long, from 1s to 72h').argParser(durationArgument).makeOptionMandatory())
    .option('--reason <text>', 'why, for those who look it up')
    .addHelpText(
      'after',
      '\nExamples:\n  smokewire disable 7 8 --for 2h --reason "painters"\n  smokewire disable --floor 3 --for 30m',
    )
    .action((ids: number[] | undefined, { for: ms, reason, ...options }: DisableOptions) =>
      order(terminal, ids, options, 'disable', (api, path) => api.send('PUT', path, { for: ms, reason })),
    );

  about(program.command('enable'))
    .description('ends a planned silence: what is wrong is told')
    .addHelpText('after', '\nExamples:\n  smokewire enable 7 8\n  smokewire enable --floor 3')
    .action((ids: number[] | undefined, options: EnableOptions) =>
      order(terminal, ids, options, 'enable', (api, path) => api.send('DELETE', path)),
    );
}

function about(command: Command): Command {
  return addSiteOptions(command)
    .addArgument(new Argument('[id...]', 'detectors').argParser(integerArguments))
    .addOption(new Option('--floor <floor>', 'all detectors of this floor').argParser(integerArgument));
}

/** Sends an order for each detector that was named, or for the floor. @throws SmokewireError USAGE_INVALID */
async function order(
  terminal: Terminal,
  ids: readonly number[] = [],
  { floor, json, ...options }: EnableOptions,
  action: 'disable' | 'enable',
  send: (api: SiteApi, path: string) => Promise<unknown>,
): Promise<void> {
  if ((ids.length === 0) === (floor === undefined)) {
    throw new SmokewireError('USAGE_INVALID', `${action}: name detectors, or a floor with --floor; not both`);
  }
  const api = new SiteApi(siteUrl(terminal, options));
  const about = floor === undefined ? ids.map((id) => ['detector', id] as const) : [['floor', floor] as const];
  for (const [kind, number] of about) {
    const { id } = acceptedSchema.parse(await send(api, `/api/v1/${kind}s/${number}/disablement`));
    terminal.stdout.write(
      `${json ? JSON.stringify({ [kind]: number, action, id }) : `${kind} ${number}: ${action}d`}\n`,
    );
  }
}
