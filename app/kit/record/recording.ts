import { z } from 'zod';
import { textHeaders } from '../../../contracts/dead-letters.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { CHANNEL_TOPICS, PARTITIONS } from '../../../contracts/kafka-topics.ts';
import { configSchema } from '../../../contracts/settings.ts';

/**
 * A recording: what entered a site over some time, and what people were to be told meanwhile. JSON Lines in this order:
 * a header; `state` lines, what the processors knew when it began; `earlier` lines, the inputs before that which may still
 * have counted, as a processor that is started anew reads them again; then, by their instants, `input` lines, what came, and
 * `outcome` lines, what was made of it; last an `end` line, without which the recording was cut off.
 */
export const RECORDING_VERSION = 1;

/** What the processors remember: without it they would begin with a building in which nothing ever happened. */
export const STATE_TOPICS = [
  'detectors',
  'presence',
  'disablements',
  'detector-states',
  'floor-controller.state',
  'census',
  'correlator.state',
] as const;

/** What comes from outside of the processors. Valves are the world too: whether one answers is not decided by any code. */
export const INPUT_TOPICS = [
  'detectors',
  'presence',
  'signals',
  'disablements',
  'operator-commands',
  'valve-states',
] as const;

/**
 * What is expected: incidents, and the notices to people that come of them. What became of a notice is left out, since that
 * depends on mail servers. The commands are kept to tell which of them a valve's answer is about.
 */
export const OUTCOME_TOPICS = ['notifications', ...Object.values(CHANNEL_TOPICS), 'valve-commands'] as const;

/** What decides what is told to whom. A replay takes it from the recording, unless it is given others. */
const settingsSchema = configSchema.pick({ site: true, misses: true, grace: true, emailTo: true, smsTo: true });
/** The same as they may be given: durations with their unit, lists as text with commas. */
export type GivenSettings = Readonly<Partial<z.input<typeof settingsSchema>>>;
export type RecordedSettings = Readonly<z.output<typeof settingsSchema>>;

export function recordedSettings({ site, misses, grace, emailTo, smsTo }: RecordedSettings): RecordedSettings {
  return { site, misses, grace, emailTo, smsTo };
}

const time = z.iso.datetime();

const headerSchema = z.strictObject({
  line: z.literal('recording'),
  version: z.literal(RECORDING_VERSION, `this version of smokewire reads recordings of version ${RECORDING_VERSION}`),
  /** When it began. */
  from: time,
  settings: settingsSchema,
});
export type RecordingHeader = z.output<typeof headerSchema>;

/** A Kafka record as a line; `base64` in place of `value` where that is no UTF-8. */
const record = {
  partition: z
    .int()
    .min(0)
    .max(PARTITIONS - 1, 'its site had partitions that were added: such a recording cannot be replayed'),
  key: z.string().nullable(),
  value: z.string().nullable().optional(),
  base64: z.base64().optional(),
  headers: z.record(z.string(), z.string()).optional(),
};

/** `timestamp` is its producer's stamp, milliseconds since the epoch. */
const past = { timestamp: z.number(), ...record };
const stateSchema = z.strictObject({ line: z.literal('state'), topic: z.enum(STATE_TOPICS), ...past });
const earlierSchema = z.strictObject({ line: z.literal('earlier'), topic: z.enum(INPUT_TOPICS), ...past });

/** `at` is the instant at which it came; `timestamp` is there where its producer stamped another one. */
const moment = { at: time, timestamp: z.number().optional(), ...record };
const inputSchema = z.strictObject({ line: z.literal('input'), topic: z.enum(INPUT_TOPICS), ...moment });
const outcomeSchema = z.strictObject({ line: z.literal('outcome'), topic: z.enum(OUTCOME_TOPICS), ...moment });

/** Every input up to `until` is there, and no later one; outcomes may be, as the last inputs had some. */
const endSchema = z.strictObject({ line: z.literal('end'), until: time });

export const lineSchema = z.discriminatedUnion('line', [
  headerSchema,
  stateSchema,
  earlierSchema,
  inputSchema,
  outcomeSchema,
  endSchema,
]);
export type RecordingLine = z.output<typeof lineSchema>;
export type RecordLine = Extract<RecordingLine, { readonly partition: number }>;
export type MomentLine = Extract<RecordLine, { readonly at: string }>;

type Content = Pick<RecordLine, 'partition' | 'key' | 'value' | 'base64' | 'headers'>;

/** What a line keeps of a record, whatever its topic. */
export function contentOf(source: InRecord): Content {
  const { partition, key, value } = source;
  const headers = textHeaders(source);
  const text = value?.toString() ?? null;
  const readable = text === null || Buffer.from(text).equals(value ?? Buffer.alloc(0));
  return {
    partition,
    key,
    ...(readable ? { value: text } : { base64: value?.toString('base64') }),
    ...(Object.keys(headers).length > 0 && { headers }),
  };
}

/** The value as it stood in Kafka; null for a tombstone. */
export function bytesOf({ value, base64 }: Content): Buffer | null {
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  return value === null || value === undefined ? null : Buffer.from(value);
}

/** The record of a line, to be written to Kafka again. */
export function outRecordOf(line: RecordLine): OutRecord {
  const { topic, partition, key, headers } = line;
  const timestamp = line.timestamp ?? ('at' in line ? Date.parse(line.at) : 0);
  return { topic, partition, key, value: bytesOf(line), timestamp, ...(headers && { headers }) };
}
