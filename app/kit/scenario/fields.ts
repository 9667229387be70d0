import { z } from 'zod';
import { parseDuration } from '../../../contracts/duration.ts';

/** What the values of a scenario file look like, shared by its acts and expectations. */

const TIME = 'a time with its unit is expected, as 500ms, 10s, 2.5s or 1m';

/** Milliseconds; written with its unit. */
export const time = z
  .string({ error: TIME })
  .meta({ pattern: '^\\d+(\\.\\d+)?(ms|s|m|h)$' })
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    context.addIssue({ code: 'custom', message: TIME });
    return z.NEVER;
  });

export const floor = z.int({ error: 'a floor is expected: a whole number from 1' }).min(1);

const DETECTORS = 'a detector is expected, or a list of them: whole numbers from 1';
const id = z.int({ error: DETECTORS }).min(1);

export const detector = id;

/** One detector or several. */
export const detectors = z
  .union([id, z.array(id).min(1)], { error: DETECTORS })
  .transform((given) => (typeof given === 'number' ? [given] : given));

/** What a notification or a lamp is about, as people say it; gives the site's subject, `detector/8`. */
export const subject = z
  .string()
  .regex(
    /^((detector|floor|valve) [1-9]\d*|pipeline|delivery (email|sms|lamp))$/,
    'what it is about is expected, as detector 8, floor 3, valve 3, pipeline or delivery email',
  )
  .transform((words) => words.replace(' ', '/'));

/** A regular expression; whatever it is found in matches. */
export const matching = z
  .string()
  .transform((source, context) => {
    try {
      return new RegExp(source);
    } catch {
      context.addIssue({ code: 'custom', message: `${JSON.stringify(source)} is no regular expression` });
      return z.NEVER;
    }
  })
  .describe('a regular expression that the text has to match');

/** A subject as people say it: `detector/8` as "detector 8". */
export function subjectInWords(subject: string): string {
  return subject.replaceAll('/', ' ');
}

/** A time or a duration as a scenario file would write it: `100ms`, `4.213s`, `10s`. */
export function timeInWords(ms: number): string {
  const rounded = Math.round(ms);
  return rounded > 0 && rounded < 1_000 ? `${rounded}ms` : `${rounded / 1_000}s`;
}

/** Exactly one of `names` has to stand in an object of `schema`: checked here, and told to editors as JSON schema's `oneOf`. */
export function exactlyOneOf<T extends z.ZodObject>(schema: T, names: readonly string[]): T {
  return schema
    .refine((value) => names.filter((name) => value[name] !== undefined).length === 1, {
      error: `exactly one of these is expected: ${names.join(', ')}`,
    })
    .meta({ oneOf: names.map((name) => ({ required: [name] })) });
}
