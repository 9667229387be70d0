import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../contracts/duration.ts';
import { SETTING_NAMES, settingOf } from '../../contracts/settings.ts';
import { settingsFromEnvironment } from '../environment.ts';
import type { Terminal } from './terminal.ts';

/** Adds a flag for each setting that has one. Values stay text: the configuration's schema judges them all at once. */
export function addSettings(command: Command): Command {
  for (const name of SETTING_NAMES) {
    const { flag, env, help } = settingOf(name);
    if (flag) command.addOption(new Option(flag, `${help} (${env})`));
  }
  return command;
}

/** The settings from the environment and from the flags, which win. */
export function givenSettings(terminal: Terminal, command: Command): Record<string, unknown> {
  const flags = command.opts();
  const given = SETTING_NAMES.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]);
  return { ...settingsFromEnvironment(terminal.env), ...Object.fromEntries(given) };
}

/** Options of every command that speaks to a running site. */
export function addSiteOptions(command: Command): Command {
  return command
    .option('--url <url>', 'address of the site (SMOKEWIRE_URL)')
    .option('--json', 'one JSON object a line on stdout');
}

/** The address of the running site. */
export function siteUrl(terminal: Terminal, options: { url?: string }): string {
  return options.url ?? (terminal.env['SMOKEWIRE_URL'] || 'http://127.0.0.1:8080');
}

/** An argument that is an integer, such as a detector's id or a floor. */
export function integerArgument(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || String(value) !== text) throw new InvalidArgumentError(`"${text}" is no integer`);
  return value;
}

/** Arguments of which each is an integer: for commander, which hands over one after the other. */
export function integerArguments(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, integerArgument(text)];
}

/** An argument that is a duration, such as `5m`; gives milliseconds. */
export function durationArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(`"${text}" is no duration: write 100ms, 1s, 5m or 1h`);
  return ms;
}
