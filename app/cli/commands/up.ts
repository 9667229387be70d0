import type { Command } from 'commander';
import { parseConfig } from '../../../contracts/config.ts';
import type { SiteView } from '../../../contracts/http.ts';
import { ROLES } from '../../../contracts/roles.ts';
import { addSettings, givenSettings } from '../options.ts';
import { painter, printable, type Terminal } from '../terminal.ts';

/** `up`: the whole site in one process, until SIGINT or SIGTERM. */
export function addUp(program: Command, terminal: Terminal): void {
  addSettings(program.command('up'))
    .description('the whole site in this process, until it is told to stop')
    .option('--json', 'one JSON object a line on stdout: every event of the site')
    .addHelpText(
      'after',
      '\nExamples:\n  smokewire up\n  smokewire up -n 1000 --floors 20 --heartbeat 1s,5s,10s\n  smokewire up --port 0 --mqtt-port 0 --kafka-port 0 --smtp-port 0 --json\n  smokewire up --kafka kafka:9092 --mqtt mqtt://mosquitto:1883',
    )
    .action(async (options: { json?: boolean }, command: Command) => {
      const config = parseConfig(givenSettings(terminal, command));
      // Loaded here, so that a command that only asks a site starts fast.
      const { runUntilStopped } = await import('../run-until-stopped.ts');
      await runUntilStopped(terminal, { config, roles: ROLES, embed: true, json: options.json ?? false, greet });
    });
}

/** What a newcomer needs first: the addresses, and three things to try. */
function greet(terminal: Terminal, site: SiteView): void {
  const paint = painter(terminal);
  const lines: [string, string][] = [
    ['panel', site.addresses.api],
    ['MQTT', site.addresses.mqtt ?? '-'],
    ['Kafka', site.addresses.kafka.join(', ')],
    ['mail', site.addresses.smtp ?? '-'],
  ];
  const url = site.addresses.api === 'http://127.0.0.1:8080' ? '' : ` --url ${site.addresses.api}`;
  const tries: [string, string][] = [
    [`npx smokewire trip 7${url}`, 'fire: the valve of its floor opens'],
    [`npx smokewire kill 8${url}`, 'a detector dies: e-mail, SMS and lamp, a few seconds later'],
    [`npx smokewire inbox --follow${url}`, 'what people are told'],
  ];
  const width = Math.max(...tries.map(([text]) => text.length));
  terminal.stdout.write(
    [
      `${paint('bold', 'smokewire')} · site ${printable(site.name)} · ${site.detectors} detectors on ${site.floors} floors · seed ${printable(site.seed)}`,
      '',
      ...lines.map(([name, value]) => `  ${paint('dim', name.padEnd(6))} ${paint('cyan', printable(value))}`),
      '',
      'Try in another terminal:',
      ...tries.map(([text, words]) => `  ${paint('bold', text.padEnd(width))}  ${paint('dim', words)}`),
      '',
      '',
    ].join('\n'),
  );
}
