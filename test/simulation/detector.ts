import type { Timer } from '../../contracts/clock.ts';
import type { SimulatedBridge } from './bridge.ts';
import type { Chance, Span } from './chance.ts';
import type { OddOf, OddPlan } from './odd-plan.ts';
import type { World } from './world.ts';

/** What is wrong with a detector itself for a while: powered off, connected and mute, or cut off from its broker. */
export interface Ailment extends Span {
  readonly kind: 'killed' | 'silenced' | 'cut off';
}

/** A part of a detector's life. */
export interface Plan extends OddPlan {
  readonly id: number;
  readonly floor: number;
  readonly gateway: string | null;
  /** The number of its bridge, unless it moves. */
  readonly home: number;
  /** When it is switched on, ms. */
  readonly bornAt: number;
  /** In the order of their times; its heartbeat from each of them on, ms. */
  readonly heartbeats: readonly { readonly from: number; readonly heartbeatMs: number }[];
  readonly ailments: readonly Ailment[];
  /** When it signals fire. */
  readonly fires: readonly Span[];
  /** When it moves to which bridge. */
  readonly moves: readonly { readonly at: number; readonly bridge: number }[];
}

/** A healthy detector is connected again this soon after its broker is, ms. It has to fit into a window with a heartbeat to spare. */
export const RECONNECT_MS = 1_000;
const JITTER_MS = 50;
/** How late the broker may notice that a connection is dead, and publish its Last Will; ms. */
export const WILL_MS = 3_000;

/** One detector as it really is. */
export class SimulatedDetector {
  readonly plan: Plan;
  readonly #world: World;
  readonly #chance: Chance;
  readonly #bridges: readonly SimulatedBridge[];
  #bridge: SimulatedBridge;
  #connected = false;
  /** The heartbeat in its retained config, ms. */
  #retained: number | undefined;
  #next: Timer | undefined;
  #seq = 0;

  constructor(world: World, plan: Plan, bridges: readonly [SimulatedBridge, ...SimulatedBridge[]]) {
    this.#world = world;
    this.plan = plan;
    this.#chance = world.chance.fork(`detector ${plan.id}`);
    this.#bridges = bridges;
    this.#bridge = bridges[plan.home] ?? bridges[0];
  }

  start(): void {
    const { scheduler } = this.#world;
    const { bornAt, ailments, moves, fires, heartbeats, oddities, bursts, strays } = this.plan;
    scheduler.after(bornAt, () => {
      this.#connect();
      this.#beat();
    });
    for (const { from, to, kind } of ailments) {
      if (kind === 'silenced') {
        scheduler.after(to, () => this.#signal());
        continue;
      }
      scheduler.after(from, () => this.#disconnect());
      scheduler.after(to, () => this.#connect());
    }
    for (const { at, bridge } of moves) {
      scheduler.after(at, () => {
        this.#disconnect();
        this.#bridge = this.#bridges[bridge] ?? this.#bridge;
        this.#connect();
      });
    }
    for (const { from, to } of fires) {
      scheduler.after(from, () => this.#signal());
      scheduler.after(to, () => this.#signal());
    }
    for (const odd of oddities) {
      if (odd.kind === 'babbling') scheduler.after(odd.from, () => this.#babble(odd));
    }
    for (const { at, signals } of bursts) {
      scheduler.after(at, () => {
        for (let i = 0; i < signals; i++) this.#signal();
      });
    }
    for (const { at, floor } of strays) scheduler.after(at, () => this.#signal(floor));
    for (const { from } of heartbeats.slice(1)) {
      scheduler.after(from, () => {
        if (this.#connected) this.#announce();
        this.#beat();
      });
    }
  }

  /** Its broker went away, or is back. */
  brokerChanged(bridge: SimulatedBridge): void {
    if (bridge !== this.#bridge) return;
    if (bridge.brokerUp) this.#world.scheduler.after(this.#chance.int(1, RECONNECT_MS), () => this.#connect());
    else this.#connected = false;
  }

  /** The bridge begins again: it gets the retained messages. */
  bridgeReturned(bridge: SimulatedBridge): void {
    if (bridge === this.#bridge && this.#retained !== undefined) bridge.config(this.plan, this.#retained);
  }

  #heartbeatMs(at: number): number {
    return this.plan.heartbeats.findLast(({ from }) => from <= at)?.heartbeatMs ?? 1_000;
  }

  #is(kind: Ailment['kind']): boolean {
    const { now } = this.#world.scheduler;
    return this.plan.ailments.some((ailment) => ailment.kind === kind && ailment.from <= now && now < ailment.to);
  }

  #connect(): void {
    const { now } = this.#world.scheduler;
    if (this.#connected || now < this.plan.bornAt || !this.#bridge.brokerUp) return;
    if (this.#is('killed') || this.#is('cut off')) return;
    this.#connected = true;
    this.#seq = 0;
    this.#bridge.presence(this.plan.id, this.plan.floor, 'online');
    this.#announce();
    this.#signal();
  }

  /** The connection is gone without a word; the broker tells of it later, perhaps after the next connection began. */
  #disconnect(): void {
    if (!this.#connected) return;
    this.#connected = false;
    const bridge = this.#bridge;
    this.#world.scheduler.after(this.#chance.skewed(1, WILL_MS), () => {
      bridge.presence(this.plan.id, this.plan.floor, 'offline');
    });
  }

  #announce(): void {
    this.#retained = this.#heartbeatMs(this.#world.scheduler.now);
    this.#bridge.config(this.plan, this.#retained);
  }

  #beat(): void {
    this.#signal();
    const { now } = this.#world.scheduler;
    this.#next?.cancel();
    const wait = this.#heartbeatMs(now) + this.#chance.int(-JITTER_MS, JITTER_MS);
    this.#next = this.#world.scheduler.after(wait, () => this.#beat());
  }

  #babble(odd: OddOf<'babbling'>): void {
    if (this.#world.scheduler.now >= odd.to) return;
    this.#signal();
    this.#world.scheduler.after(odd.everyMs, () => this.#babble(odd));
  }

  #signal(from?: number): void {
    if (!this.#connected || this.#is('silenced')) return;
    const { now } = this.#world.scheduler;
    const { id, isNumbered } = this.plan;
    const fire = this.plan.fires.some((span) => span.from <= now && now < span.to);
    const floor = from ?? this.#floor(now);
    const seq = isNumbered ? this.#seq++ : undefined;
    if (fire) this.#bridge.signal({ detector: id, floor, value: 1, seq }, () => {});
    else this.#bridge.signal({ detector: id, floor, value: 0, seq });
  }

  /** Where it is, whatever the registry says. */
  #floor(now: number): number {
    for (const odd of this.plan.oddities) {
      if (odd.kind === 'wrong-floor' && odd.from <= now && now < odd.to) return odd.floor;
    }
    return this.plan.floor;
  }
}
