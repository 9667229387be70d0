import { z } from 'zod';

/** A deadline that a standard sets. */
export interface Profile {
  readonly name: string;
  /** In milliseconds. */
  readonly withinMs: number;
  /** What has to happen in that time. */
  readonly clause: string;
}

/** The deadlines by name: the standard and, where one is enough, the clause. */
export const PROFILES: readonly Profile[] = [
  { name: 'EN 54-2 7.1', withinMs: 10_000, clause: 'a fire is indicated within 10 s of the signal' },
  { name: 'EN 54-2 8.2', withinMs: 100_000, clause: 'a fault is indicated within 100 s of its occurrence' },
  { name: 'EN 54-25', withinMs: 300_000, clause: 'the loss of a radio link is indicated within 300 s' },
  { name: 'NFPA 72', withinMs: 200_000, clause: 'trouble is indicated within 200 s' },
];

/** A profile by its name. */
export const profile = z
  .enum(PROFILES.map(({ name }) => name))
  .describe(PROFILES.map(({ name, clause }) => `${name}: ${clause}`).join('\n'))
  .transform((given, context) => {
    const found = PROFILES.find(({ name }) => name === given);
    if (found) return found;
    context.addIssue({ code: 'custom', message: `there is no profile ${given}` });
    return z.NEVER;
  });
