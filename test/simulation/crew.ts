import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import type { TaskDefinition } from '../../transport/kafka/types.ts';
import type { Span } from './chance.ts';
import { Group } from './group.ts';
import { RoleProcess } from './process.ts';
import type { Scheduler } from './scheduler.ts';
import { type Story, TROUBLE_MS } from './story.ts';
import type { Tenure } from './tenure.ts';
import type { World } from './world.ts';

/** A session that a dead process leaves behind ends after this, ms. */
const SESSION_MS = 6_000;

export interface CrewPlan {
  readonly name: string;
  /** A role for each group. */
  readonly definitions: readonly (() => TaskDefinition)[];
  /** Processes in each group. */
  readonly size: number;
  /** When which process stands still. */
  readonly stalls: readonly (Span & { readonly process: number })[];
  /** How much later than they are added each group learns of partitions, ms. */
  readonly learnAfter?: readonly number[];
}

/**
 * The processes of a role, how they die and come again, in one consumer group or in several; answers when each partition was
 * worked on, in spans of one process each.
 */
export function crew(
  world: World,
  story: Story,
  { name, definitions, size, stalls, learnAfter = [] }: CrewPlan,
): Span[][] {
  const { scheduler, chance, log } = world;
  const groups = definitions.map((definition) => ({ definition, group: new Group(world, definition()) }));
  const processes: RoleProcess[] = [];
  const start = ({ group, definition }: (typeof groups)[number], slot: number, life: number) => {
    const process = new RoleProcess(world, {
      name: `${name}${slot}.${life}`,
      definition: definition(),
      skewMs: chance.int(-2_000, 2_000),
      onCrash: () => {
        scheduler.after(chance.int(0, SESSION_MS), () => group.expire(process));
        const wait = Math.min(chance.skewed(20, story.restartMs), Math.max(20, TROUBLE_MS - scheduler.now));
        scheduler.after(wait, () => start({ group, definition }, slot, life + 1));
      },
    });
    processes[slot] = process;
    group.join(process);
  };
  for (const [i, group] of groups.entries()) {
    for (let slot = 0; slot < size; slot++) start(group, i * size + slot, 0);
  }
  const rebalance = () => {
    for (const { group } of groups) group.rebalance();
  };
  for (const at of story.rebalances) scheduler.after(at, rebalance);
  log.onGrown(() => {
    for (const [i, { group }] of groups.entries()) scheduler.after(learnAfter[i] ?? 0, () => group.rebalance());
  });
  for (const { from, to, process } of stalls) {
    scheduler.after(from, () => {
      processes[process]?.standStill(to - from);
      if (to - from > SESSION_MS) scheduler.after(SESSION_MS, rebalance);
    });
  }
  return observe(scheduler, processes, story.growth?.to ?? PARTITIONS);
}

const OBSERVE_MS = 100;

function observe(scheduler: Scheduler, processes: readonly RoleProcess[], partitions: number): Span[][] {
  const watched: Span[][] = Array.from({ length: partitions }, () => []);
  const seen: (Tenure | undefined)[] = [];
  const look = () => {
    for (const [partition, spans] of watched.entries()) {
      const tenure = processes.map((process) => process.watches(partition)).find((held) => held !== undefined);
      const last = spans.at(-1);
      const to = scheduler.now + OBSERVE_MS;
      if (last && tenure && seen[partition] === tenure) spans.splice(-1, 1, { from: last.from, to });
      else if (tenure) spans.push({ from: scheduler.now, to });
      seen[partition] = tenure;
    }
    scheduler.after(OBSERVE_MS, look);
  };
  look();
  return watched;
}
