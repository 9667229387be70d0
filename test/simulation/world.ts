import type { OutRecord } from '../../contracts/kafka-records.ts';
import type { Chance } from './chance.ts';
import type { KafkaLog } from './kafka-log.ts';
import type { Scheduler } from './scheduler.ts';
import type { Cause } from './traced.ts';

/** The epoch at virtual time 0. */
export const T0 = Date.UTC(2026, 0, 1);
export const SITE = 'hq';

/** Words of a watchdog or correlator that became durable: when it decided on them, when they stood in Kafka (ms of virtual time). */
export interface Utterance {
  readonly at: number;
  readonly appendedAt: number;
  readonly cause: Cause;
  readonly record: OutRecord;
}

export interface Regrouped {
  readonly at: number;
  readonly committed: readonly number[];
}

/** What everything in a simulation shares. */
export interface World {
  readonly scheduler: Scheduler;
  readonly log: KafkaLog;
  readonly chance: Chance;
  /** How likely a watchdog is to die between two of its effects; 0 once things are to settle. */
  crashRate: number;
  /** What became durable of what the watchdogs said, in order. */
  readonly said: Utterance[];
  /** When each record of `signals` was first stepped through by a watchdog, by partition and offset. */
  readonly steppedAt: readonly number[][];
  /** When which group was dealt out more partitions, and what it had committed of `signals` by then, by partition. */
  readonly regrouped: Regrouped[];
}
