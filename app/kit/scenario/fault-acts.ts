import { z } from 'zod';
import type { ChaosAct } from '../chaos/act.ts';
import { CHAOS_ACTS } from '../chaos/acts.ts';
import type { Act } from './acts.ts';

const FAULTS: readonly (readonly [string, ChaosAct])[] = Object.entries(CHAOS_ACTS);

/** The faults of `site.chaos` as acts, under the same names. */
export const FAULT_ACTS = Object.fromEntries(FAULTS.map(([name, row]) => [name, faultAct(name, row)]));

/** The end of faults. */
export const heal = z
  .enum(['all', ...FAULTS.map(([name]) => name)])
  .describe('ends the faults of a name, or all of them, the latest first, and lets go of what they hold')
  .transform(
    (name): Act => ({
      words: `heal ${name}`,
      subjects: [],
      perform: async ({ chaos }) => {
        for (const fault of chaos.faults.toReversed()) if (name === 'all' || fault.name === name) await fault.heal();
      },
    }),
  );

function faultAct(name: string, { summary, schema, prepare }: ChaosAct) {
  return schema.describe(summary).transform((given): Act => {
    const fault = prepare(given);
    return {
      words: fault.words,
      subjects: fault.detector === undefined ? [] : [`detector/${fault.detector}`],
      perform: (site) => site.chaos.beginPrepared(name, fault),
    };
  });
}
