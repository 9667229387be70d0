import { z } from 'zod';
import type { Random } from '../../../contracts/random.ts';

/** Which of the messages that a fault is about it strikes; each of them where nothing is said. Counted for each topic alone. */
export const selectionShape = {
  probability: z.number().gt(0).max(1).describe('strikes each with this probability, drawn from the seed').optional(),
  every: z.int().min(1).describe('strikes every n-th').optional(),
  only: z.array(z.int().min(1)).min(1).describe('strikes the first, the third …: [1, 3]').optional(),
};

export interface Selection {
  readonly probability?: number | undefined;
  readonly every?: number | undefined;
  readonly only?: readonly number[] | undefined;
}

/** Checks what has to hold across the fields of a selection. */
export function selecting<Schema extends z.ZodType<Selection>>(schema: Schema) {
  return schema.refine(
    ({ probability, every, only }) => [probability, every, only].filter((given) => given !== undefined).length <= 1,
    'give one of probability, every and only',
  );
}

/** The end of a sentence about messages: which of them. */
export function selectionWords({ probability, every, only }: Selection): string {
  if (probability !== undefined) return `, each with probability ${probability}`;
  if (every !== undefined) return every === 1 ? '' : `, one in ${every}`;
  return only === undefined ? '' : `, only ${only.map((n) => `no. ${n}`).join(', ')}`;
}

/** Asked once for each message, says whether it is struck: with randomness of its own where it is. */
export type Picker = (thing: string) => Random | undefined;

/**
 * Picks by the ordinal of a message among those of the same thing (a topic, a key), and never by which message of all comes
 * first: that is decided by sockets.
 */
export function pickerOf({ probability, every, only }: Selection, random: Random): Picker {
  const counts = new Map<string, number>();
  return (thing) => {
    const ordinal = (counts.get(thing) ?? 0) + 1;
    counts.set(thing, ordinal);
    const own = random.fork(`${thing}/${ordinal}`);
    if (probability !== undefined) return own.next() < probability ? own : undefined;
    if (every !== undefined) return ordinal % every === 0 ? own : undefined;
    return only === undefined || only.includes(ordinal) ? own : undefined;
  };
}
