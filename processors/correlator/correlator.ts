import type { TaskDefinition } from '../../transport/kafka/types.ts';
import { CorrelatorTask, type CorrelatorTaskOptions } from './correlator-task.ts';
import { STATE_TOPIC } from './journal.ts';

/** Its role and consumer group: one for all watchdogs of a site. */
export const CORRELATOR = 'correlator';

/** Makes of what the watchdogs find out what people are told (docs/watchdog.md, "How a fault is told"). */
export function correlatorDefinition(options: Omit<CorrelatorTaskOptions, 'partition'>): TaskDefinition {
  return {
    role: CORRELATOR,
    inputs: ['verdicts'],
    tables: ['census', 'disablements', STATE_TOPIC],
    createTask: (partition) => new CorrelatorTask({ ...options, partition }),
  };
}
