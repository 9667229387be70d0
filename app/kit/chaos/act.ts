import { z } from 'zod';
import { durationSchema } from '../../../contracts/duration.ts';
import { SmokewireError } from '../../../contracts/errors.ts';
import type { End, World } from './fault.ts';

/** A fault as its row of the table describes it. */
interface Row<Schema extends z.ZodType> {
  /** What it does, in a sentence. */
  readonly summary: string;
  /** What it is given; durations are of the site's time. */
  readonly schema: Schema;
  /** As a report tells it: `MQTT loses messages of detector 7, one in 2`. */
  words(options: z.output<Schema>): string;
  /** Begins it, in the same turn as far as the site can see. @throws SmokewireError FAULT_NEEDS_EMBEDDED */
  begin(world: World, options: z.output<Schema>): Begun | Promise<Begun>;
}

/** What ends a fault that has begun; nothing where it was over at once. */
export type Begun = End | undefined;

/** A fault with what it was given. */
export interface PreparedFault {
  readonly words: string;
  /** The detector that it is about. */
  readonly detector: number | undefined;
  /** How long it lasts, in milliseconds; until it is healed where undefined. */
  readonly forMs: number | undefined;
  begin(world: World): Begun | Promise<Begun>;
}

/** One row of the table of faults. */
export interface ChaosAct<Schema extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly schema: Schema;
  /** @throws SmokewireError USAGE_INVALID */
  prepare(given: unknown): PreparedFault;
}

export function act<Schema extends z.ZodType>({ summary, schema, words, begin }: Row<Schema>): ChaosAct<Schema> {
  return {
    summary,
    schema,
    prepare: (given) => {
      const { success, data, error } = schema.safeParse(given);
      if (!success) throw new SmokewireError('USAGE_INVALID', z.prettifyError(error));
      const { for: forMs, detector } = common.parse(data);
      return { words: words(data), detector, forMs, begin: (world) => begin(world, data) };
    },
  };
}

export const positiveDuration = durationSchema.refine((ms) => ms > 0, 'more than 0 is expected');
export const detectorId = z.int({ error: 'a detector is expected: a whole number from 1' }).min(1);

/** Every fault that lasts can end by itself. */
export const lasting = {
  for: durationSchema.describe('how long it lasts; until it is healed unless given').optional(),
};

const common = z.object({ for: z.number().optional(), detector: z.number().optional() });

/** The embedded server that a fault needs. @throws SmokewireError FAULT_NEEDS_EMBEDDED where the site uses another */
export function embedded<Server>(server: Server | undefined, what: string, setting: string): Server {
  if (server !== undefined) return server;
  throw new SmokewireError(
    'FAULT_NEEDS_EMBEDDED',
    `this fault needs the embedded ${what}, and the site uses one by address: leave ${setting} out`,
  );
}
