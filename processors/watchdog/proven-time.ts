/** A path that is silent for more periods is broken: people are told, and every window begins anew when it sings again. */
export const GAP_PERIODS = 3;

/** After so many periods of others' singing a bridge is taken as gone, and its detectors are judged by those that are left. */
export const GONE_PERIODS = 30;

/** The time for which the path through one bridge was proven alive. All times are in ms. */
export interface BridgeTime {
  /** Its number among the bridges, from 1 on. */
  readonly number: number;
  readonly name: string;
  /** Proven time up to its last canary. */
  proven: number;
  /** Proven time when it sang again after a gap: nobody's silence is counted from before. */
  resumed: number;
  /** The stamp of its last canary record; undefined before the first. */
  sangAt: number | undefined;
  /** Where it stands on the partition's line, which is the line of the bridge that is ahead. */
  position: number;
  /** The partition's proven time at its last canary. */
  sangWhen: number;
}

/**
 * Proven time of a partition of `signals`: it runs on canary records alone, and by at most one period from one to the next, so
 * that a stall of the path is nobody's silence. Each bridge has a line of its own; the partition's runs with the bridge that is
 * ahead. A pure function of the records: reading them again gives the same times, at any speed.
 */
export class ProvenTime {
  readonly periodMs: number;
  readonly #gapMs: number;
  readonly #goneMs: number;
  readonly #bridges = new Map<string, BridgeTime>();
  /** The same, by their numbers. */
  readonly #numbered: (BridgeTime | undefined)[] = [undefined];
  #now = 0;
  #resumed = 0;
  /** Proven time when the log was caught up with. */
  #liveFrom = Number.POSITIVE_INFINITY;

  constructor(periodMs: number) {
    this.periodMs = periodMs;
    this.#gapMs = GAP_PERIODS * periodMs;
    this.#goneMs = GONE_PERIODS * periodMs;
  }

  /** The partition's proven time. */
  get now(): number {
    return this.#now;
  }

  /** How much further than a window the log has to be read back, for the partition's line and a bridge's to agree. */
  get slackMs(): number {
    return this.#bridges.size > 1 ? this.#goneMs + 2 * this.#gapMs : 2 * this.periodMs;
  }

  bridge(name: string): BridgeTime {
    let bridge = this.#bridges.get(name);
    if (!bridge) {
      const number = this.#numbered.length;
      bridge = { number, name, proven: 0, resumed: 0, sangAt: undefined, position: this.#now, sangWhen: this.#now };
      this.#bridges.set(name, bridge);
      this.#numbered.push(bridge);
    }
    return bridge;
  }

  /** Undefined for 0. */
  numbered(number: number): BridgeTime | undefined {
    return this.#numbered[number];
  }

  /** What is read from now on, if not from earlier, was not written before we knew the tables: a bridge that they name may be expected to sing. */
  live(): void {
    this.#liveFrom = Math.min(this.#liveFrom, this.#now);
  }

  /** A canary record came through `name`, stamped `at` by it. */
  canary(name: string, at: number): void {
    const bridge = this.bridge(name);
    const { sangAt } = bridge;
    const between = sangAt === undefined ? 0 : at - sangAt;
    const counted = clamp(between, this.periodMs);
    const before = this.#now;
    bridge.proven = this.read(bridge) + counted;
    bridge.position = Math.max(bridge.position + counted, before - this.#gapMs);
    this.#now = Math.max(before, bridge.position);
    bridge.sangAt = at;
    bridge.sangWhen = this.#now;
    // Taken as gone before it was ever heard here, its clock ran on with the others'.
    if (sangAt === undefined) bridge.resumed = bridge.proven;
    if (between > this.#gapMs) {
      bridge.resumed = bridge.proven;
      // Behind the others: they have proven the partition alive meanwhile.
      if (bridge.position >= before) this.#resumed = this.#now;
    }
  }

  /** Proven time of a bridge, or without one of the partition. The clock of a bridge that is gone runs on with the others'. */
  read(bridge: BridgeTime | undefined): number {
    if (!bridge) return this.#now;
    return bridge.proven + Math.max(0, this.#now - bridge.sangWhen - this.#goneMs);
  }

  /** The bridges that are gone, and where their clocks stand by now, at the least: proven time runs no faster than a clock. */
  *gone(): Iterable<readonly [bridge: BridgeTime, at: number]> {
    for (const bridge of this.#bridges.values()) {
      const { sangAt, sangWhen } = bridge;
      // One that has not sung while we listened announced what it did elsewhere, or is gone for good.
      const since = this.#now - (sangAt === undefined ? Math.max(sangWhen, this.#liveFrom) : sangWhen);
      if (since > this.#goneMs) yield [bridge, sangAt === undefined ? Number.POSITIVE_INFINITY : sangAt + since];
    }
  }

  /** The proven time of a signal, stamped `at` by the bridge that it came through. */
  stamp(bridge: BridgeTime, at: number): number {
    return this.read(bridge) + (bridge.sangAt === undefined ? 0 : clamp(at - bridge.sangAt, this.periodMs));
  }

  /** For how long, in proven time, nothing has come since `stamp`; a window starts anew after each gap in the song. */
  silence(bridge: BridgeTime | undefined, stamp: number): number {
    return this.read(bridge) - Math.max(stamp, bridge ? bridge.resumed : this.#resumed);
  }

  /** The partition's proven time before which `remainingMs` of the bridge's cannot have passed. */
  earliest(bridge: BridgeTime | undefined, remainingMs: number): number {
    const from = bridge ? Math.max(bridge.position, this.#now - 2 * this.#gapMs) : this.#now;
    return from + remainingMs;
  }
}

function clamp(ms: number, most: number): number {
  return Math.max(0, Math.min(ms, most));
}
