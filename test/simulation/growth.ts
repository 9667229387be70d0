import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import type { SimulatedBridge } from './bridge.ts';
import type { Chance, Span } from './chance.ts';
import type { Plan } from './detector.ts';
import { type BridgePlan, TROUBLE_MS } from './story.ts';
import type { World } from './world.ts';

/** Partitions are added to the topics that are keyed by detector. */
export interface Growth {
  readonly at: number;
  /** How many there are from then on. */
  readonly to: number;
  /** How much later each bridge, and each group of watchdogs, learns of it, ms. */
  readonly bridgesLearnAfter: readonly number[];
  readonly groupsLearnAfter: readonly number[];
}

/** How likely that is, and how long before the end of all trouble at the latest, ms: any verdict afterwards takes its time. */
const GROWING = 0.25;
const BEFORE_END_MS = 5_000;
/** How many are added at most. */
const MOST_ADDED = 5;
/** Whoever works with Kafka looks twice a second, and may have to wait for the answer, ms. */
const LEARN_MS = 1_000;
/** How soon is tried again what a Kafka that is away keeps from happening, ms. */
const RETRY_MS = 50;

export function growthOf(bridges: readonly BridgePlan[], plans: readonly Plan[], chance: Chance): Growth | undefined {
  if (!chance.of(GROWING)) return undefined;
  const latest = TROUBLE_MS - BEFORE_END_MS;
  const some = chance.int(LEARN_MS, latest);
  // Where much is written: when detectors begin, move, or are connected again.
  const lively = [
    ...plans.flatMap(({ bornAt, moves, ailments }) => [bornAt, ...moves.map(({ at }) => at), ...ends(ailments)]),
    ...bridges.flatMap(({ brokerOutages, outages }) => [...ends(brokerOutages), ...ends(outages)]),
  ].filter((at) => at > LEARN_MS && at < latest);
  const at = chance.of(0.5) ? some : chance.pick([some, ...lively]) - chance.int(0, LEARN_MS);
  const after = () => chance.int(0, LEARN_MS);
  return {
    at,
    to: PARTITIONS + chance.int(1, MOST_ADDED),
    bridgesLearnAfter: bridges.map(after),
    groupsLearnAfter: [after(), after()],
  };
}

function ends(spans: readonly Span[]): number[] {
  return spans.map(({ to }) => to);
}

/** Lets it happen, and each bridge learn of it: while Kafka is away, neither does. */
export function addPartitions(world: World, growth: Growth, bridges: readonly SimulatedBridge[]): void {
  const { scheduler, log } = world;
  const onceUp = (happen: () => void): void => {
    if (log.up) happen();
    else scheduler.after(RETRY_MS, () => onceUp(happen));
  };
  log.onGrown(() => {
    for (const [i, bridge] of bridges.entries()) {
      scheduler.after(growth.bridgesLearnAfter[i] ?? 0, () => onceUp(() => bridge.learn()));
    }
  });
  scheduler.after(growth.at, () => onceUp(() => log.grow(growth.to)));
}
