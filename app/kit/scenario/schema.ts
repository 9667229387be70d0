import { z } from 'zod';
import { ERRORS, SmokewireError } from '../../../contracts/errors.ts';
import { ACTS } from './acts.ts';
import { exactlyOneOf, time } from './fields.ts';
import { PATTERNS } from './patterns.ts';
import { profile } from './profiles.ts';

/** The grammar of a scenario file. docs/scenarios.md explains it, `scenario.schema.json` is made of it for editors. */

const text = z.string().min(1);
const recipients = z.union([text, z.array(text).min(1)], { error: 'an address is expected, or a list of them' });

/** The site's settings, each as the flag of `smokewire up` by that name, and what else a test may want of a site. */
const site = z
  .strictObject({
    detectors: z.int().min(1).max(100_000).exactOptional().describe('how many; 20 unless given'),
    floors: z
      .int()
      .min(1)
      .max(10_000)
      .exactOptional()
      .describe('4 unless given; detector i is on floor 1 + (i - 1) mod floors'),
    heartbeat: z
      .union([time, z.array(time).min(1)], { error: 'a time is expected, as 1s, or a list of them' })
      .exactOptional()
      .describe('1s unless given; several are dealt out in turn'),
    passive: z
      .int()
      .min(0)
      .exactOptional()
      .describe('how many detectors, the last ones, have to be asked; 0 unless given'),
    misses: z.int().min(1).max(1_000).exactOptional().describe('heartbeats that may be missed; 3 unless given'),
    grace: time.exactOptional().describe('added to the window of missed heartbeats; 1s unless given'),
    site: text.exactOptional().describe('its name; hq unless given'),
    emailTo: recipients.exactOptional().describe('who gets the e-mails'),
    smsTo: recipients.exactOptional().describe('who gets the SMS'),
    seed: z
      .union([text, z.int().transform(String)], { error: 'a text or a number is expected' })
      .exactOptional()
      .describe('the same seed gives the same story; smokewire unless given'),
    retryDelays: z.array(time).max(4).optional().describe('the wait before each further attempt to send'),
    sendTimeout: time.optional().describe('after how long a send counts as hanging; 10s unless given'),
  })
  .transform(({ retryDelays, sendTimeout, ...settings }) => ({
    settings,
    delivery: {
      ...(retryDelays && { retryDelaysMs: retryDelays }),
      ...(sendTimeout !== undefined && { sendTimeoutMs: sendTimeout }),
    },
  }));

const errorCode = z
  .string()
  .refine(
    (code) => Object.hasOwn(ERRORS, code),
    'the code of an error is expected, as FLOOR_IN_ALARM: see docs/errors.md',
  );

const step = exactlyOneOf(
  z.strictObject({
    at: time.describe('when, since the site was ready'),
    ...ACTS.shape,
    refused: errorCode.optional().describe('the error with which the site has to refuse the act'),
  }),
  Object.keys(ACTS.shape),
).transform(({ at, refused, ...acts }) => ({ at, refused, act: theOne(acts) }));

const window = {
  between: z
    .tuple([time, time], { error: 'two times are expected, as [10s, 15s]' })
    .optional()
    .describe('from when to when it counts, since the site was ready'),
  within: z
    .union([time, z.strictObject({ profile })], { error: 'a time is expected, as 10s, or {profile: EN 54-2 7.1}' })
    .optional()
    .describe('how long it may take, counted from `after`'),
  after: time.optional().describe('the moment of the act; may be left out where all acts are at one moment'),
};
const because = text.optional().describe('why it has to be so: the report repeats it');
const atLeastOnce = z.int().min(1);
const range = z
  .strictObject({ min: z.int().min(0), max: atLeastOnce })
  .refine(({ min, max }) => min <= max, { error: 'min is more than max', path: ['min'] });
const count = z
  .union([atLeastOnce, range], { error: 'a number is expected, or {min: 1, max: 2}' })
  .default(1)
  .transform((given) => (typeof given === 'number' ? { min: given, max: given } : given))
  .describe('how often it happens; once unless given');

const patternNames = Object.keys(PATTERNS.shape);

const expectation = exactlyOneOf(
  z.strictObject({ ...PATTERNS.shape, ...window, count, because }),
  patternNames,
).transform(({ between, within, after, count, because, ...patterns }) => ({
  patterns: theOne(patterns),
  window: { between, within, after },
  count,
  because,
}));

const prohibition = exactlyOneOf(z.strictObject({ ...PATTERNS.shape, ...window, because }), patternNames).transform(
  ({ between, within, after, because, ...patterns }) => ({
    patterns: theOne(patterns),
    window: { between, within, after },
    because,
  }),
);

const permission = exactlyOneOf(z.strictObject({ ...PATTERNS.shape, because }), patternNames).transform(
  ({ because, ...patterns }) => ({ patterns: theOne(patterns), because }),
);

/** A scenario file. */
export const fileSchema = z
  .strictObject({
    name: text.describe('what it shows, in a few words'),
    description: text.optional().describe('why it has to be so'),
    clause: text.optional().describe('the clause of the standard that asks for it'),
    site: site.prefault({}).describe('the site it happens at'),
    timeline: z.array(step).describe('what is done, in the order of time'),
    expect: z.array(expectation).default([]).describe('what has to happen'),
    forbid: z.array(prohibition).default([]).describe('what must not happen'),
    allow: z.array(permission).default([]).describe('what may happen, of that which is forbidden unless expected'),
    until: time.describe('when it ends, since the site was ready'),
  })
  .meta({ title: 'A smokewire scenario' });
export type ScenarioFile = z.output<typeof fileSchema>;
export type WindowFields = ScenarioFile['forbid'][number]['window'];

/** The same, of a file with problems: what cannot be read is undefined, and the rest can still be looked at. */
export const outlineSchema = z
  .object({
    site: site.optional().catch(undefined),
    timeline: z.array(step.optional().catch(undefined)).catch([]),
    expect: z.array(expectation.optional().catch(undefined)).catch([]),
    forbid: z.array(prohibition.optional().catch(undefined)).catch([]),
    allow: z.array(permission.optional().catch(undefined)).catch([]),
    until: time.optional().catch(undefined),
  })
  .catch({ site: undefined, timeline: [], expect: [], forbid: [], allow: [], until: undefined });
export type Outline = z.output<typeof outlineSchema>;

/** The grammar for editors: JSON schema, draft 2020-12. */
export function jsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(fileSchema, { io: 'input' });
}

/** What was given of several, of which `exactlyOneOf` let one through. */
function theOne<T>(candidates: Readonly<Record<string, T | undefined>>): T {
  for (const candidate of Object.values(candidates)) if (candidate !== undefined) return candidate;
  throw new SmokewireError('INTERNAL', 'a choice has nothing chosen');
}
