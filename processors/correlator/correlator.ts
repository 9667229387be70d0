import type { TaskDefinition } from '../../transport/kafka/types.ts';
import { CorrelatorTask, type CorrelatorTaskOptions } from './correlator-task.ts';
import { STATE_TOPIC } from './journal.ts';

/** Makes of what the watchdogs find out what people are told (docs/watchdog.md, "How a fault is told"). */
export function correlatorDefinition(options: Omit<CorrelatorTaskOptions, 'partition'>): TaskDefinition {
  return {
    role: 'correlator',
    inputs: ['verdicts'],
    tables: ['census', 'disablements', STATE_TOPIC],
    createTask: (partition) => new CorrelatorTask({ ...options, partition }),
  };
}
