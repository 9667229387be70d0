import { Argument, type Command } from 'commander';
import { z } from 'zod';
import { sleep } from '../../../contracts/clock.ts';
import { lampViewSchema, receivedEmailSchema, receivedSmsSchema } from '../../../contracts/http.ts';
import { SiteApi } from '../../site-api.ts';
import { addSiteOptions, siteUrl } from '../options.ts';
import { painter, printable, type Terminal } from '../terminal.ts';

/** Something that arrived: what makes it one item, when, and what people want to read of it. */
interface Item {
  readonly key: string;
  readonly at: string;
  readonly kind: 'email' | 'sms' | 'panel';
  readonly words: string;
  readonly item: object;
}

const KINDS = ['email', 'sms', 'panel'] as const;
const LOOK_AGAIN_MS = 300;

/** `inbox [email|sms|panel] [--follow]`: what arrived at the mail server, at the SMS service, on the panel. */
export function addInbox(program: Command, terminal: Terminal): void {
  addSiteOptions(program.command('inbox'))
    .description('what arrived at the mail server, at the SMS service, on the panel')
    .addArgument(new Argument('[kind]', 'only what came over this channel').choices(KINDS))
    .option('-f, --follow', 'go on with what arrives next')
    .addHelpText('after', '\nExamples:\n  smokewire inbox\n  smokewire inbox email --follow')
    .action(async (kind: string | undefined, options: { url?: string; json?: boolean; follow?: boolean }) => {
      const api = new SiteApi(siteUrl(terminal, options));
      const kinds = KINDS.filter((each) => kind === undefined || each === kind);
      const paint = painter(terminal);
      const shown = new Set<string>();
      do {
        const items = (await Promise.all(kinds.map((each) => READERS[each](api)))).flat();
        for (const item of items.sort((a, b) => a.at.localeCompare(b.at))) {
          if (shown.has(item.key)) continue;
          shown.add(item.key);
          const line = options.json
            ? JSON.stringify({ kind: item.kind, ...item.item })
            : `${paint('dim', item.at)}  ${paint('blue', item.kind.padEnd(5))}  ${printable(item.words)}`;
          terminal.stdout.write(`${line}\n`);
        }
        if (options.follow) await sleep(terminal.clock, 'inbox: look again', LOOK_AGAIN_MS, terminal.stopping);
      } while (options.follow && !terminal.stopping.aborted);
    });
}

const READERS: Record<(typeof KINDS)[number], (api: SiteApi) => Promise<Item[]>> = {
  email: async (api) =>
    (await api.get('/api/v1/inbox/emails', z.array(receivedEmailSchema))).map((mail) => ({
      key: `email ${mail.id} ${mail.receivedAt}`,
      at: mail.receivedAt,
      kind: 'email',
      words: `to ${mail.to.join(', ')}: ${mail.subject}`,
      item: mail,
    })),
  sms: async (api) =>
    (await api.get('/api/v1/inbox/sms', z.array(receivedSmsSchema))).map((sms) => ({
      key: `sms ${sms.id}`,
      at: sms.receivedAt,
      kind: 'sms',
      words: `to ${sms.to}: ${sms.text}`,
      item: sms,
    })),
  panel: async (api) =>
    (await api.get('/api/v1/lamps', z.array(lampViewSchema))).map((lamp) => ({
      key: `lamp ${lamp.lamp} ${lamp.since} ${lamp.on}`,
      at: lamp.since,
      kind: 'panel',
      words: `${lamp.on ? '◉ on ' : '○ off'} ${lamp.lamp}: ${lamp.text}`,
      item: lamp,
    })),
};
