import type { Chance, Span } from './chance.ts';
import { type Ailment, type Plan, RECONNECT_MS } from './detector.ts';
import { type Growth, growthOf } from './growth.ts';
import { NEVER_ODD, withOddity } from './odd-plan.ts';

/** How long things go wrong, ms; after that all that is not broken works, for as long as any verdict may take. */
export const TROUBLE_MS = 75_000;
export const SETTLE_MS = 22_000;
export const END_MS = TROUBLE_MS + SETTLE_MS;

export interface BridgePlan {
  readonly name: string;
  readonly skewMs: number;
  readonly duplicates: number;
  readonly brokerOutages: readonly Span[];
  readonly outages: readonly Span[];
}

export interface Stall extends Span {
  readonly process: number;
}

/** Everything that a seed lets happen, save for what lies in single messages. */
export interface Story {
  readonly bridges: readonly [BridgePlan, ...BridgePlan[]];
  readonly detectors: readonly Plan[];
  readonly kafkaOutages: readonly Span[];
  /** When the canaries do not sing. */
  readonly mutes: readonly Span[];
  readonly watchdogs: number;
  /** Whether there is a second group of as many, that reads and tells everything as well. */
  readonly redundant: boolean;
  readonly crashRate: number;
  /** When a watchdog that died is started again, at most, ms after its death. */
  readonly restartMs: number;
  /** When the group rebalances without a reason. */
  readonly rebalances: readonly number[];
  /** When a watchdog stands still. */
  readonly stalls: readonly Stall[];
  readonly correlators: number;
  readonly correlatorStalls: readonly Stall[];
  /** When Kafka compacts its tables. */
  readonly compactions: readonly number[];
  /** When partitions are added. */
  readonly growth: Growth | undefined;
}

const HEARTBEATS = [200, 500, 1_000, 1_000, 3_000] as const;
const KINDS = ['killed', 'silenced', 'cut off'] as const;

export function storyOf(chance: Chance): Story {
  const bridges = (['a', 'b', 'c'] as const)
    .slice(0, chance.pick([1, 1, 2, 3]))
    .map((name) => bridgePlan(name, chance.fork(`bridge ${name}`)));
  const [first = bridgePlan('a', chance), ...others] = bridges;
  const times = (most: number) => Array.from({ length: chance.int(0, most) }, () => chance.int(0, TROUBLE_MS));
  const plans = Array.from({ length: chance.of(0.5) ? chance.int(1, 6) : chance.int(6, 12) }, (_, i) =>
    detectorPlan(i + 1, bridges, chance.fork(`detector ${i}`)),
  );
  const lost = plans.length >= 6 ? withLosses(plans, chance.fork('losses')) : plans;
  const odd = chance.fork('odd');
  const isOdd = odd.of(ODD_WORLD);
  // One and the same watchdog has to look for a while.
  const isSteady = isOdd && odd.of(STEADY);

  return {
    bridges: [first, ...others],
    detectors: isOdd ? withOddities(lost, bridges, odd) : lost,
    kafkaOutages: chance.spans(2, TROUBLE_MS, [100, 30_000]),
    mutes: chance.of(0.3) ? chance.spans(2, TROUBLE_MS, [500, 30_000]) : [],
    watchdogs: chance.int(1, 3),
    redundant: chance.of(0.25),
    crashRate: chance.pick([0, 0.001, 0.01, 0.05]) * (isSteady ? 0 : 1),
    restartMs: chance.pick([500, 5_000, 40_000]),
    rebalances: times(4).filter(() => !isSteady),
    stalls: stalls(3, chance),
    correlators: chance.int(1, 2),
    correlatorStalls: stalls(2, chance.fork('correlator')),
    compactions: times(3),
    growth: growthOf(bridges, plans, chance.fork('growth')),
  };
}

function stalls(most: number, chance: Chance): Stall[] {
  return chance.spans(most, TROUBLE_MS, [100, 20_000]).map((span) => ({ ...span, process: chance.int(0, 2) }));
}

/** How likely a bridge is gone nearly all the time: for so long that the others' time has to count for its detectors. */
const LOST = 0.1;

function bridgePlan(name: string, chance: Chance): BridgePlan {
  const plan = {
    name,
    skewMs: chance.pick([0, chance.int(-100, 100), chance.int(-3_000_000, 3_000_000)]),
    duplicates: chance.pick([0, 0, 0.05]),
    brokerOutages: chance.of(0.4) ? joined(chance.spans(2, TROUBLE_MS, [100, 30_000])) : [],
    outages: chance.of(LOST)
      ? [{ from: chance.int(1_000, 10_000), to: TROUBLE_MS }]
      : chance.of(0.5)
        ? chance.spans(2, TROUBLE_MS, [100, 30_000])
        : [],
  };
  // Nor was a broker back for detectors whose bridge goes away before they can have connected.
  const isTooSoon = (at: number) => plan.brokerOutages.some(({ to }) => to <= at && at <= to + RECONNECT_MS);
  return { ...plan, outages: plan.outages.filter(({ from }) => !isTooSoon(from)) };
}

/**
 * A broker that is back for less time than a healthy detector takes to connect was not back for it: nothing is heard from one with
 * whom nothing is wrong, while the canary, which was quicker, proves the way. No watchdog could tell that from a silence.
 */
function joined(outages: readonly Span[]): Span[] {
  const apart: Span[] = [];
  for (const { from, to } of outages) {
    const last = apart.at(-1);
    if (last && from - last.to <= RECONNECT_MS) apart.splice(-1, 1, { from: last.from, to });
    else apart.push({ from, to });
  }
  return apart;
}

function detectorPlan(id: number, bridges: readonly BridgePlan[], chance: Chance): Plan {
  const heartbeatMs = chance.pick(HEARTBEATS);
  const moves =
    bridges.length > 1 && chance.of(0.3) ? [0, 1].map(() => chance.int(5_000, TROUBLE_MS)).sort((a, b) => a - b) : [];
  // Its old broker would keep its old config, and hand it out again.
  const changes =
    moves.length === 0 && chance.of(0.2)
      ? [{ from: chance.int(1_000, TROUBLE_MS), heartbeatMs: chance.pick(HEARTBEATS) }]
      : [];
  return {
    ...NEVER_ODD,
    id,
    floor: 1 + (id % 2),
    gateway: id % 5 < 3 ? null : 'g',
    home: moves.length === 0 ? chance.int(0, bridges.length - 1) : 0,
    bornAt: chance.of(0.7) ? chance.int(0, 1_000) : chance.int(0, TROUBLE_MS - 20_000),
    heartbeats: [{ from: 0, heartbeatMs }, ...changes],
    ailments: chance.spans(3, TROUBLE_MS, [20, 60_000]).map((span): Ailment => {
      const kind = chance.pick(KINDS);
      return { ...span, to: chance.of(0.2) ? Number.POSITIVE_INFINITY : span.to, kind };
    }),
    fires: chance.of(0.3) ? chance.spans(2, TROUBLE_MS, [500, 10_000]) : [],
    moves: moves
      .map((at, i) => ({ at, bridge: i % 2 === 0 ? 1 : 0 }))
      // Nobody can know of a detector that moves to where nothing gets through.
      .filter(({ at, bridge }) => isOpen(bridges[bridge], at)),
  };
}

/** What detectors may be lost with. */
const SCOPES: readonly [(plan: Plan) => boolean, ...((plan: Plan) => boolean)[]] = [
  ({ floor }) => floor === 1,
  ({ floor }) => floor === 2,
  ({ gateway }) => gateway !== null,
  ({ home }) => home === 0,
  () => true,
];
/** How far apart those who are lost together may be lost, and heard again, ms. */
const LOST_WITHIN_MS = 300;
const BACK_WITHIN_MS = 4_000;

/** Now and then all detectors of a scope are lost for one cause. */
function withLosses(plans: readonly Plan[], chance: Chance): Plan[] {
  const heartbeatMs = chance.of(0.7) ? chance.pick(HEARTBEATS) : undefined;
  const losses = chance.spans(3, TROUBLE_MS, [3_000, 40_000]).map((span) => {
    const to = chance.of(0.2) ? Number.POSITIVE_INFINITY : span.to;
    return { ...span, to, isLost: chance.pick(SCOPES), kind: chance.pick(KINDS) };
  });
  return plans.map((plan): Plan => {
    const lost = losses
      .filter(({ isLost }) => isLost(plan))
      .map(({ from, to, kind }): Ailment => {
        const [late, back] = [chance.int(0, LOST_WITHIN_MS), chance.skewed(1, BACK_WITHIN_MS)];
        return { from: from + late, to: to + back, kind };
      })
      // At the very end of the trouble, one may be back before it is lost.
      .filter(({ from, to }) => from < to);
    const heartbeats = heartbeatMs === undefined ? plan.heartbeats : [{ from: 0, heartbeatMs }];
    // Else hardly anybody would be left to be lost.
    const ailments = [...plan.ailments.filter(({ to }) => Number.isFinite(to)).slice(0, 1), ...lost];
    return { ...plan, heartbeats, ailments };
  });
}

/** How likely a world has odd detectors, and in such a one, how likely each is odd, and no watchdog dies. */
const ODD_WORLD = 0.3;
const ODD = 0.4;
const STEADY = 0.5;

function withOddities(plans: readonly Plan[], bridges: readonly BridgePlan[], chance: Chance): Plan[] {
  return plans.map((plan): Plan => {
    const own = chance.fork(`detector ${plan.id}`);
    // Of one that moves, what is left behind at its old bridge would have to be told from what is odd.
    return plan.moves.length === 0 && own.of(ODD) ? withOddity(plan, bridges, own) : plan;
  });
}

/** Longer than any window, ms. */
const ARRIVAL_MS = 12_000;

function isOpen(bridge: BridgePlan | undefined, at: number): boolean {
  const closed = [...(bridge?.brokerOutages ?? []), ...(bridge?.outages ?? [])];
  return !closed.some(({ from, to }) => from < at + ARRIVAL_MS && to > at - ARRIVAL_MS);
}
