import { z } from 'zod';
import { defineEvent } from './cloud-events.ts';

/**
 * The longest planned silence, in ms. It is well below the time for which Kafka keeps a topic by default, so whoever reads
 * `disablements` from its beginning knows all that is in force.
 */
export const MAX_DISABLEMENT_MS = 72 * 3_600_000;

/** For how long something may be disabled, in ms. */
export const disablementMsSchema = z
  .number()
  .refine((ms) => ms >= 1_000 && ms <= MAX_DISABLEMENT_MS, 'a planned silence takes from 1s to 72h');

const time = z.iso.datetime();

const about = {
  site: z.string().min(1),
  /** `detector/7` or `floor/3` */
  subject: z.string().regex(/^(detector|floor)\/-?\d+$/),
  at: time,
};

/** By whom, as `operator/panel`. */
const by = z.string().min(1).max(200);

const disablementSchema = z.discriminatedUnion('change', [
  /** Its faults are not told from now on; in the place of an earlier `until`. */
  z.object({ ...about, change: z.literal('disabled'), until: time, by, reason: z.string().max(500).nullable() }),
  z.object({ ...about, change: z.literal('enabled'), by }),
  /** The end at `until` has come. Where the silence was prolonged meanwhile, it says nothing. */
  z.object({ ...about, change: z.literal('ended'), until: time }),
]);
export type Disablement = z.infer<typeof disablementSchema>;

/** A planned silence of a detector or a floor begins, or ends: the audit of who ordered which (EN 54-2, clause 9). */
export const disablementChanged = defineEvent({
  type: 'smokewire.disablement.changed',
  topic: 'disablements',
  schema: disablementSchema,
  key: (data: Disablement) => data.site,
});

/** Until when its subject is disabled after `change`, where it was until `before`; RFC 3339, null for not at all. */
export function disabledUntil(before: string | null, change: Disablement): string | null {
  if (change.change === 'disabled') return change.until;
  return change.change === 'ended' && before !== change.until ? before : null;
}
