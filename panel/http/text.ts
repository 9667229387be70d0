import { z } from 'zod';

/** An integer in a path or a query, where everything is text. */
export const integerText = z
  .string()
  .regex(/^-?\d{1,15}$/, 'an integer expected')
  .transform(Number);

/** How many of something to list at most. */
export function limitText(fallback: number, max: number) {
  return integerText.refine((limit) => limit >= 1 && limit <= max, `1 to ${max} expected`).default(fallback);
}
