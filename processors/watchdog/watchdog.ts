import { canaryOf } from '../../transport/kafka/canary-ids.ts';
import type { TaskDefinition } from '../../transport/kafka/types.ts';
import type { WindowOptions } from './judge.ts';
import { JudgedPartitions } from './judged-partitions.ts';
import { rekeyed } from './moves.ts';
import { PassiveRegistry } from './passive-registry.ts';
import { PipelineMonitor } from './pipeline.ts';
import { WatchdogTask } from './task.ts';

export interface WatchdogOptions extends WindowOptions {
  readonly site: string;
  /** The consumer group: another name makes another watchdog, that watches everything as well. */
  readonly group: string;
  /** Filled with the passive detectors that are held, for the poller. */
  readonly passive?: PassiveRegistry;
  /** Is told when each partition that is held was judged, for the pulse. */
  readonly judged?: JudgedPartitions;
}

/** Finds out that a detector is silent, on the time that the canaries prove (docs/watchdog.md). */
export function watchdogDefinition(options: WatchdogOptions): TaskDefinition {
  const { passive = new PassiveRegistry(), judged = new JudgedPartitions() } = options;
  const monitor = new PipelineMonitor();
  return {
    role: options.group,
    inputs: ['signals'],
    tables: ['detectors', 'presence', 'detector-states'],
    // Most signals change nothing, and what does is judged in seconds: fewer and larger fetches are worth the wait.
    lingerMs: 100,
    rekeyed,
    createTask: (partition, partitions) =>
      new WatchdogTask({ ...options, partition, partitions, canary: canaryOf(partition), monitor, passive, judged }),
  };
}
