import type { SimulatedBridge } from './bridge.ts';
import type { Chance } from './chance.ts';
import { type Plan, RECONNECT_MS, WILL_MS } from './detector.ts';
import type { OddOf } from './odd-plan.ts';
import type { World } from './world.ts';

/** A second device that was given a detector's id: it connects, counts and signals for itself, and nobody registered it. */
export class SimulatedDouble {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #odd: OddOf<'duplicate-id'>;
  readonly #bridge: SimulatedBridge;
  readonly #chance: Chance;
  #connected = false;
  #seq: number;

  constructor(world: World, plan: Plan, odd: OddOf<'duplicate-id'>, bridge: SimulatedBridge) {
    this.#world = world;
    this.#plan = plan;
    this.#odd = odd;
    this.#bridge = bridge;
    this.#chance = world.chance.fork(`double ${plan.id}`);
    this.#seq = odd.firstSeq;
  }

  start(): void {
    const { scheduler } = this.#world;
    scheduler.after(this.#odd.from, () => {
      this.#connect();
      this.#beat();
    });
    scheduler.after(this.#odd.to, () => this.#disconnect());
  }

  /** Its broker went away, or is back. */
  brokerChanged(bridge: SimulatedBridge): void {
    if (bridge !== this.#bridge) return;
    if (bridge.brokerUp) this.#world.scheduler.after(this.#chance.int(1, RECONNECT_MS), () => this.#connect());
    else this.#connected = false;
  }

  get #isThere(): boolean {
    const { now } = this.#world.scheduler;
    return this.#odd.from <= now && now < this.#odd.to;
  }

  #connect(): void {
    if (this.#connected || !this.#isThere || !this.#bridge.brokerUp) return;
    this.#connected = true;
    this.#bridge.presence(this.#plan.id, this.#odd.floor, 'online');
    this.#signal();
  }

  /** Powered off: the broker publishes its Last Will, which is that of the other one, too. */
  #disconnect(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#world.scheduler.after(this.#chance.skewed(1, WILL_MS), () => {
      this.#bridge.presence(this.#plan.id, this.#odd.floor, 'offline');
    });
  }

  #beat(): void {
    if (!this.#isThere) return;
    this.#signal();
    const heartbeatMs = this.#plan.heartbeats[0]?.heartbeatMs ?? 1_000;
    this.#world.scheduler.after(heartbeatMs + this.#chance.int(-20, 20), () => this.#beat());
  }

  #signal(): void {
    if (!this.#connected) return;
    const seq = this.#plan.isNumbered ? this.#seq++ : undefined;
    this.#bridge.signal({ detector: this.#plan.id, floor: this.#odd.floor, value: 0, seq, isDouble: true });
  }
}

/** The devices that have a detector's id, and are not it. */
export function doublesOf(world: World, plan: Plan, bridges: readonly SimulatedBridge[]): SimulatedDouble[] {
  return plan.oddities.flatMap((odd) => {
    const bridge = odd.kind === 'duplicate-id' ? bridges[odd.bridge] : undefined;
    return odd.kind === 'duplicate-id' && bridge ? [new SimulatedDouble(world, plan, odd, bridge)] : [];
  });
}
