import { z } from 'zod';
import { incidentChanged, VERDICT_CAUSES } from '../../contracts/events.ts';
import { flappingSchema } from './flapping.ts';

/** What `correlator.state` keeps. Times are ms since the epoch. */

/** Noted, and told to people next, in this order: whoever finds it so tells it once more, under the same ids. */
const untold = z.array(incidentChanged.schema).optional();
const incident = z.uuid();

const missingSchema = z.object({
  is: z.literal('missing'),
  /** `detector/8` */
  subject: z.string(),
  /**
   * `suspect`: a Last Will came. `held`: it is silent, and nobody is told yet; `disabled`: before its planned silence is over. `told`:
   * people know of it by itself; `flapping`: as one that comes and goes; `joined`: by the fault of `scope`. `over`: it is heard.
   */
  phase: z.enum(['suspect', 'held', 'disabled', 'told', 'flapping', 'joined', 'over']),
  /** The newest of its silences that is known. */
  episode: z.int(),
  incident: incident.nullable(),
  cause: z.enum(VERDICT_CAUSES),
  floor: z.int().nullable(),
  bridge: z.string().nullable(),
  gateway: z.string().nullable(),
  heartbeatMs: z.number(),
  windowMs: z.number(),
  /** When the verdict was written, by its watchdog's clock. */
  foundAt: z.number(),
  reason: z.string(),
  scope: z.string().optional(),
  untold,
});
/** A detector that is missing, or was: what is kept of it while it is not says which verdicts are old. */
export type Missing = z.infer<typeof missingSchema>;

const lossSchema = z.object({
  is: z.literal('loss'),
  scope: z.string(),
  open: z.boolean(),
  /** When it was lost, by our clock: of two that are open, who was held by then belongs to the first. */
  openedAt: z.number().default(0),
  /** The count of its losses, of which its incident's id is made. */
  episode: z.int(),
  incident,
  /** How many detectors it stands for, and which ones; not all of too many. */
  behind: z.int(),
  detectors: z.array(z.int()),
  /** The longest heartbeat of these. */
  heartbeatMs: z.number(),
  /** When the last one of them was heard again, by its watchdog's clock. */
  returnedAt: z.number().optional(),
  untold,
});
/** A whole scope that is lost, or was. */
export type Loss = z.infer<typeof lossSchema>;

const plainSchema = z.object({
  is: z.literal('plain'),
  subject: z.string(),
  cause: z.enum(VERDICT_CAUSES),
  floor: z.int().nullable(),
  /** The incident that people know; null while there is none, or a planned silence keeps it from them. */
  told: incident.nullable(),
  /** Why it was opened last. */
  reason: z.string(),
  /** Those that watchdogs have opened, and which of redundant ones did. */
  open: z.record(incident, z.string()),
  /** The last ones that are over: they are not opened again by who says it late, or once more. */
  over: z.array(incident),
  untold,
});
/** A fault that is told at once: that of the pipeline, and those of a detector that is heard. */
export type Plain = z.infer<typeof plainSchema>;

export const caseSchema = z.discriminatedUnion('is', [missingSchema, lossSchema, plainSchema, flappingSchema]);
export type Case = z.infer<typeof caseSchema>;

/** Under which key a case is kept. */
export function keyOf(item: Case): string {
  switch (item.is) {
    case 'missing':
      return item.subject;
    case 'loss':
      return lossKey(item.scope);
    case 'plain':
      return plainKey(item.subject, item.cause);
    case 'flapping':
      return flappingKey(item.subject);
  }
}

export function lossKey(scope: string): string {
  return `lost ${scope}`;
}

export function plainKey(subject: string, cause: string): string {
  return `${cause} ${subject}`;
}

export function flappingKey(subject: string): string {
  return `changes of ${subject}`;
}

/** The id of a detector that is missing. */
export function detectorOf({ subject }: Missing): number {
  return Number(subject.slice(subject.indexOf('/') + 1));
}
