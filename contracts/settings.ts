import { z } from 'zod';
import { durationSchema } from './duration.ts';

/** How a setting is called from outside. */
export interface Setting {
  /** As commander takes it, e.g. `-n, --detectors <n>`; none where a secret must not stand on a command line. */
  readonly flag?: string;
  readonly env: string;
  readonly help: string;
}

const meta = z.registry<Setting>();

const count = (max: number) => z.coerce.number().int().min(0).max(max);
const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'letters, digits, - and _ only, 63 at most');
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `a URL with ${protocols.join(' or ')}`,
    );
const list = (text: unknown) => (typeof text === 'string' ? text.split(',').map((part) => part.trim()) : text);
const positiveDuration = (minMs: number) => durationSchema.refine((ms) => ms >= minMs, `at least ${minMs} ms`);

/**
 * Every setting of a site, once: its schema and default, its flag, its environment variable and its help. The command
 * line, the environment, the library's options and the documentation are all read off this table.
 */
export const configSchema = z.strictObject({
  detectors: count(100_000).default(20).register(meta, {
    flag: '-n, --detectors <n>',
    env: 'SMOKEWIRE_DETECTORS',
    help: 'how many detectors to simulate',
  }),
  floors: z.coerce.number().int().min(1).max(10_000).default(4).register(meta, {
    flag: '--floors <f>',
    env: 'SMOKEWIRE_FLOORS',
    help: 'floors; detector i is on floor 1 + (i - 1) mod F',
  }),
  heartbeat: z
    .preprocess(
      (value) => (typeof value === 'number' ? [value] : list(value)),
      z.array(positiveDuration(10)).min(1).max(100).default([1_000]),
    )
    .register(meta, {
      flag: '--heartbeat <d,...>',
      env: 'SMOKEWIRE_HEARTBEAT',
      help: 'heartbeat of the detectors; several are dealt out in turn',
    }),
  passive: count(100_000).default(0).register(meta, {
    flag: '--passive <p>',
    env: 'SMOKEWIRE_PASSIVE',
    help: 'how many of them, the last ones, have to be asked',
  }),
  misses: z.coerce.number().int().min(1).max(1_000).default(3).register(meta, {
    flag: '--misses <m>',
    env: 'SMOKEWIRE_MISSES',
    help: 'heartbeats that may be missed before a detector is silent',
  }),
  grace: durationSchema
    .default(1_000)
    .register(meta, { flag: '--grace <d>', env: 'SMOKEWIRE_GRACE', help: 'added to the window of missed heartbeats' }),
  site: name
    .default('hq')
    .register(meta, { flag: '--site <name>', env: 'SMOKEWIRE_SITE', help: "the site's name in MQTT topics" }),
  topicPrefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,100}$/, 'letters, digits, . - and _ only')
    .default('')
    .register(meta, {
      flag: '--topic-prefix <p>',
      env: 'SMOKEWIRE_TOPIC_PREFIX',
      help: 'put before each Kafka topic and group, so that sites can share a cluster',
    }),
  instance: name.optional().register(meta, {
    flag: '--instance <name>',
    env: 'SMOKEWIRE_INSTANCE',
    help: 'this process by name: killed and started again, it goes on at once; no two at a time may share one',
  }),
  mqtt: url('mqtt:', 'mqtts:')
    .optional()
    .register(meta, { flag: '--mqtt <url>', env: 'MQTT_URL', help: 'an MQTT broker; embedded without' }),
  mqttUsername: z.string().min(1).optional().register(meta, { env: 'MQTT_USERNAME', help: 'the bridge signs in as' }),
  mqttPassword: z.string().min(1).optional().register(meta, { env: 'MQTT_PASSWORD', help: "the bridge's password" }),
  kafka: z
    .preprocess(
      list,
      z
        .array(z.string().regex(/^[^\s:/]+:\d{1,5}$/, 'host:port expected'))
        .min(1)
        .optional(),
    )
    .register(meta, { flag: '--kafka <host:port,...>', env: 'KAFKA_BROKERS', help: 'Kafka brokers; embedded without' }),
  smtp: url('smtp:', 'smtps:')
    .optional()
    .register(meta, { flag: '--smtp <url>', env: 'SMTP_URL', help: 'a mail server; embedded without' }),
  mqttPort: port(1883).register(meta, {
    flag: '--mqtt-port <port>',
    env: 'MQTT_PORT',
    help: 'port of the embedded MQTT broker',
  }),
  kafkaPort: port(9092).register(meta, {
    flag: '--kafka-port <port>',
    env: 'KAFKA_PORT',
    help: 'port of the embedded Kafka broker',
  }),
  smtpPort: port(2525).register(meta, {
    flag: '--smtp-port <port>',
    env: 'SMTP_PORT',
    help: 'port of the embedded mail server',
  }),
  port: port(8080).register(meta, { flag: '--port <port>', env: 'PORT', help: 'port of the HTTP API and the panel' }),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .register(meta, { flag: '--host <host>', env: 'HOST', help: 'address to listen on' }),
  emailTo: z
    .preprocess(list, z.array(z.email()).min(1).default(['safety@example.com']))
    .register(meta, { flag: '--email-to <address,...>', env: 'NOTIFY_EMAIL_TO', help: 'who gets the e-mails' }),
  smsTo: z
    .preprocess(
      list,
      z
        .array(z.string().regex(/^\+[1-9]\d{1,14}$/, 'E.164 expected, as +15005550006'))
        .min(1)
        .default(['+15005550006']),
    )
    .register(meta, { flag: '--sms-to <number,...>', env: 'NOTIFY_SMS_TO', help: 'who gets the SMS, in E.164' }),
  twilioAccountSid: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/, 'AC and 32 hexadecimal digits')
    .optional()
    .register(meta, { env: 'TWILIO_ACCOUNT_SID', help: "Twilio's account; the local stand-in without" }),
  twilioAuthToken: z.string().min(1).optional().register(meta, { env: 'TWILIO_AUTH_TOKEN', help: "Twilio's secret" }),
  twilioFrom: z.string().min(1).optional().register(meta, { env: 'TWILIO_FROM', help: 'the number that sends' }),
  twilioUrl: url('http:', 'https:')
    .optional()
    .register(meta, { env: 'TWILIO_API_URL', help: "where Twilio's API, or what stands in for it, answers" }),
  watchdogGroup: z
    .string()
    .regex(/^watchdog(-[A-Za-z0-9_-]{1,50})?$/, 'watchdog, or watchdog- and a name')
    .default('watchdog')
    .register(meta, {
      env: 'SMOKEWIRE_WATCHDOG_GROUP',
      help: 'consumer group of the watchdog; one with another name watches everything as well',
    }),
  pulseUrl: url('http:', 'https:').optional().register(meta, {
    env: 'SMOKEWIRE_PULSE_URL',
    help: 'who misses the watchdog if it falls silent: is pinged while it judges, and at URL/fail when it cannot',
  }),
  data: z.string().min(1).optional().register(meta, {
    flag: '--data <dir>',
    env: 'SMOKEWIRE_DATA',
    help: 'where the embedded Kafka broker keeps its data; forgotten at the stop without',
  }),
  seed: z.coerce
    .string()
    .min(1)
    .optional()
    .register(meta, { flag: '--seed <s>', env: 'SMOKEWIRE_SEED', help: 'makes a run repeatable' }),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .register(meta, { env: 'LOG_LEVEL', help: 'least level of the log on stderr' }),
});

export type SettingName = keyof typeof configSchema.shape;

export const SETTING_NAMES: readonly SettingName[] = configSchema.keyof().options;

/** A setting's flag, variable and help. */
export function settingOf(name: SettingName): Setting {
  const setting = meta.get(configSchema.shape[name]);
  if (!setting) throw new Error(`setting ${name} is not registered`);
  return setting;
}

/** How a setting is called by those who set it: `--kafka (KAFKA_BROKERS)`. */
export function settingLabel(name: SettingName): string {
  const { flag, env } = settingOf(name);
  const long = flag?.split(/[ ,]+/).find((part) => part.startsWith('--'));
  return long ? `${long} (${env})` : env;
}
