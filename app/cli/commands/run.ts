import { Argument, type Command } from 'commander';
import { checkRoleConfig, parseConfig } from '../../../contracts/config.ts';
import { ROLES, type Role } from '../../../contracts/roles.ts';
import { addSettings, givenSettings } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/** `run ROLE…`: only these roles, against brokers given by address. */
export function addRun(program: Command, terminal: Terminal): void {
  addSettings(program.command('run'))
    .description('only these roles, against brokers given by address')
    .addArgument(new Argument('<role...>', 'what to run').choices(ROLES))
    .option('--json', 'one JSON object a line on stdout: the events that this process sees')
    .addHelpText(
      'after',
      '\nExamples:\n  smokewire run filter floor-controller --kafka kafka:9092 --port 0\n  smokewire run bridge --kafka kafka:9092 --mqtt mqtt://mosquitto:1883 --port 0',
    )
    .action(async (names: string[], options: { json?: boolean }, command: Command) => {
      const roles = ROLES.filter((role: Role) => names.includes(role));
      const config = parseConfig(givenSettings(terminal, command));
      checkRoleConfig(config, roles);
      // Loaded here, so that a command that only asks a site starts fast.
      const { runUntilStopped } = await import('../run-until-stopped.ts');
      await runUntilStopped(terminal, {
        config,
        roles,
        embed: false,
        json: options.json ?? false,
        greet: (_terminal, site) => {
          terminal.stdout.write(`smokewire · ${site.roles.join(', ')} · ${site.addresses.api}\n`);
        },
      });
    });
}
