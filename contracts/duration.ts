import { z } from 'zod';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `100ms`, `1s`, `1.5s`, `5m`, `1h` as milliseconds; undefined where it is none of them. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  const unit = (['ms', 's', 'm', 'h'] as const).find((candidate) => candidate === match?.[2]);
  return unit && Math.round(Number(match?.[1]) * UNITS[unit]);
}

/** A duration in a setting: text with its unit, or milliseconds as a number. Gives milliseconds. */
export const durationSchema = z.union([z.number().int().nonnegative(), z.string()]).transform((value, context) => {
  const ms = typeof value === 'number' ? value : parseDuration(value);
  if (ms === undefined) {
    context.addIssue({ code: 'custom', message: `"${value}" is no duration: write 100ms, 1s, 5m or 1h` });
    return z.NEVER;
  }
  return ms;
});
export type Duration = z.input<typeof durationSchema>;
