import type { z } from 'zod';
import { SmokewireError } from './errors.ts';
import { MQTT_ONLY_ROLES, MQTT_ROLES, type Role } from './roles.ts';
import { configSchema, SETTING_NAMES, type SettingName, settingLabel } from './settings.ts';

/** A site's configuration: complete, checked, frozen. Durations are in milliseconds. */
export type Config = Readonly<z.output<typeof configSchema>>;

/**
 * Checks each setting, then the settings against each other. Throws CONFIG_INVALID, which names all the problems at once,
 * each with the flag and the variable that set it.
 */
export function parseConfig(input: unknown): Config {
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) throw configError(parsed.error.issues.map(describeIssue));
  const problems = contradictions(parsed.data);
  if (problems.length > 0) throw configError(problems);
  return Object.freeze(parsed.data);
}

/** Checks what `run` needs beyond a valid configuration: addresses of the brokers that these roles do not bring along. */
export function checkRoleConfig(config: Config, roles: readonly Role[]): void {
  const overKafka = roles.filter((role) => !MQTT_ONLY_ROLES.includes(role));
  const overMqtt = roles.filter((role) => MQTT_ROLES.includes(role));
  const problems: string[] = [];
  if (!config.kafka && overKafka.length > 0) problems.push(problem('kafka', `needed by ${overKafka.join(', ')}`));
  if (!config.mqtt && overMqtt.length > 0) problems.push(problem('mqtt', `needed by ${overMqtt.join(', ')}`));
  if (problems.length > 0) throw configError(problems);
}

function contradictions(config: Config): string[] {
  const problems: string[] = [];
  if (config.passive > config.detectors) {
    problems.push(problem('passive', `${config.passive} passive of ${config.detectors} detectors`));
  }
  for (const [secret, companion] of [
    ['mqttPassword', 'mqttUsername'],
    ['mqttUsername', 'mqttPassword'],
    ['twilioAuthToken', 'twilioAccountSid'],
    ['twilioAccountSid', 'twilioAuthToken'],
    ['twilioAccountSid', 'twilioFrom'],
  ] as const) {
    if (config[secret] !== undefined && config[companion] === undefined) {
      problems.push(problem(companion, `needed beside ${settingLabel(secret)}`));
    }
  }
  const listening = (['mqttPort', 'kafkaPort', 'smtpPort', 'port'] as const).filter((name) => config[name] !== 0);
  for (const [i, name] of listening.entries()) {
    const twin = listening.slice(0, i).find((other) => config[other] === config[name]);
    if (twin) problems.push(problem(name, `${config[name]} is ${settingLabel(twin)} already`));
  }
  return problems;
}

/** An issue of the schema, with the setting that it is about called by its flag and variable. */
function describeIssue(issue: z.core.$ZodIssue): string {
  const setting = SETTING_NAMES.find((name) => name === issue.path[0]);
  return setting ? problem(setting, issue.message) : issue.message;
}

function problem(setting: SettingName, message: string): string {
  return `${settingLabel(setting)}: ${message}`;
}

function configError(problems: readonly string[]): SmokewireError {
  return new SmokewireError('CONFIG_INVALID', problems.join('\n'));
}
