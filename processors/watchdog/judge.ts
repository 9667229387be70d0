import type { DetectorState } from '../../contracts/events.ts';
import type { DetectorMode, SignalValue } from '../../contracts/mqtt-payloads.ts';
import type { Signal } from '../../contracts/signals.ts';
import { Calendar, NOT_PLANNED, type Planned } from './calendar.ts';
import { type BridgeTime, ProvenTime } from './proven-time.ts';
import type { Told } from './told.ts';

/** How long a detector may be silent: `misses` heartbeats and `graceMs`. */
export interface WindowOptions {
  readonly misses: number;
  readonly graceMs: number;
  /** What the canary keeps; three periods without it are a gap. */
  readonly canaryPeriodMs: number;
}

/** How a registered detector reports. */
export interface Reporting {
  readonly mode: DetectorMode;
  readonly heartbeatMs: number;
}

/** What is known of one detector. */
export interface Watched extends Planned {
  readonly id: number;
  floor: number;
  /** Undefined for one that nobody announced: it has no heartbeat to miss, and is never silent. */
  reporting: Reporting | undefined;
  /** When it was announced so, ms since the epoch; its window begins no earlier. */
  announcedAt: number;
  /** Whether it has ever signalled, as far as the log and what was told go. */
  heard: boolean;
  /** The last signal: its value, when the bridge received it, through which bridge, at which proven time. */
  value: SignalValue;
  lastAt: number | undefined;
  bridge: BridgeTime | undefined;
  stamp: number;
  /** When its Last Will came, undefined while it is online. */
  offlineAt: number | undefined;
  overdue: boolean;
  told: Told | undefined;
}

/**
 * Knows of every detector of one partition when it was last heard, and judges at canary records, and at them alone, who has
 * been silent for longer than its window. It tells nobody: `stateOf` answers what is true, `told` what was said.
 */
export class Judge {
  readonly time: ProvenTime;
  readonly #options: WindowOptions;
  readonly #watched = new Map<number, Watched>();
  readonly #calendar: Calendar<Watched>;
  /** Announced at a time that the log has not reached yet, as far as it is read: not judged before. */
  readonly #awaiting = new Set<Watched>();
  /** The earliest of their times. */
  #awaitedFrom = Number.POSITIVE_INFINITY;
  #longestWindowMs = 0;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.time = new ProvenTime(options.canaryPeriodMs);
    this.#calendar = new Calendar(options.canaryPeriodMs);
  }

  all(): Iterable<Watched> {
    return this.#watched.values();
  }

  toldOf(id: number): Told | undefined {
    return this.#watched.get(id)?.told;
  }

  /** How far back, in the partition's proven time, a signal may still count. */
  get spanMs(): number {
    return this.#longestWindowMs + this.time.slackMs;
  }

  windowMs({ heartbeatMs }: Reporting): number {
    return this.#options.misses * heartbeatMs + this.#options.graceMs;
  }

  /** Takes over what a predecessor told. */
  recall(id: number, floor: number, told: Told): void {
    const watched = this.#of(id, floor);
    watched.told = told;
    watched.heard ||= told.state === 'ok' || told.state === 'alarm' || told.state === 'suspect';
    watched.overdue = told.state === 'silent';
    if (told.state === 'alarm') watched.value = 1;
  }

  /** An announcement. The same one again is no news; another heartbeat begins a window of its own. */
  register(id: number, floor: number, { mode, heartbeatMs }: Reporting, at: number): Watched {
    const watched = this.#of(id, floor);
    watched.floor = floor;
    const same = watched.reporting?.heartbeatMs === heartbeatMs;
    watched.reporting = { mode, heartbeatMs };
    if (same) return watched;
    watched.announcedAt = at;
    this.#longestWindowMs = Math.max(this.#longestWindowMs, this.windowMs(watched.reporting));
    this.#awaiting.add(watched);
    this.#awaitedFrom = Math.min(this.#awaitedFrom, at);
    return watched;
  }

  /** Taken out of the registry: as if it had never been heard of, save for what was told. */
  unregister(id: number): Watched | undefined {
    const watched = this.#watched.get(id);
    if (!watched) return undefined;
    this.#awaiting.delete(watched);
    watched.reporting = undefined;
    watched.heard = false;
    watched.overdue = false;
    watched.day = NOT_PLANNED;
    return watched;
  }

  /** A birth message, or (`offlineAt`) a Last Will. */
  presence(id: number, floor: number, offlineAt: number | undefined): Watched {
    const watched = this.#of(id, floor);
    watched.offlineAt = offlineAt;
    return watched;
  }

  /** A detector's signal, whatever its value. */
  signal({ detector, floor, value, bridge, receivedAt }: Signal): Watched {
    const watched = this.#of(detector, floor);
    const through = this.time.bridge(bridge);
    if (!watched.reporting) watched.floor = floor;
    watched.heard = true;
    watched.value = value;
    watched.lastAt = receivedAt;
    watched.bridge = through;
    watched.stamp = this.time.stamp(through, receivedAt);
    watched.overdue = false;
    if (watched.day === NOT_PLANNED) this.#plan(watched);
    return watched;
  }

  /** A canary record: proven time runs on. Answers who is overdue now and was not before. */
  canary(bridge: string, at: number): Watched[] {
    this.time.canary(bridge, at);
    if (this.#awaitedFrom <= at) this.#beginWindows(at);
    const overdue: Watched[] = [];
    this.#calendar.until(this.time.now, (watched) => {
      if (watched.overdue || !watched.reporting) return;
      if (this.silenceOf(watched) > this.windowMs(watched.reporting)) {
        watched.overdue = true;
        overdue.push(watched);
      } else {
        this.#plan(watched);
      }
    });
    return overdue;
  }

  /** How long nothing has come from it, in proven time. */
  silenceOf({ bridge, stamp }: Watched): number {
    return this.time.silence(bridge, stamp);
  }

  /** The log has reached the announcements up to `at`: their windows begin. */
  #beginWindows(at: number): void {
    this.#awaitedFrom = Number.POSITIVE_INFINITY;
    for (const watched of this.#awaiting) {
      if (watched.announcedAt > at) {
        this.#awaitedFrom = Math.min(this.#awaitedFrom, watched.announcedAt);
        continue;
      }
      this.#awaiting.delete(watched);
      watched.stamp = Math.max(watched.stamp, this.time.read(watched.bridge));
      this.#plan(watched);
    }
  }

  #plan(watched: Watched): void {
    if (!watched.reporting || watched.overdue || this.#awaiting.has(watched)) return;
    const remainingMs = this.windowMs(watched.reporting) - this.silenceOf(watched);
    this.#calendar.plan(watched, this.time.earliest(watched.bridge, remainingMs));
  }

  #of(id: number, floor: number): Watched {
    let watched = this.#watched.get(id);
    if (!watched) {
      watched = {
        id,
        floor,
        reporting: undefined,
        announcedAt: 0,
        heard: false,
        value: 0,
        lastAt: undefined,
        bridge: undefined,
        stamp: 0,
        offlineAt: undefined,
        overdue: false,
        told: undefined,
        day: NOT_PLANNED,
      };
      this.#watched.set(id, watched);
    }
    return watched;
  }
}

/**
 * What is true of a detector; undefined where there is nothing to say yet. Fire outranks the broken line: one that signalled
 * fire and then dropped its connection stays in alarm until its window is over. All stamps compared are the bridge's.
 */
export function stateOf(watched: Watched): DetectorState['state'] | undefined {
  const { offlineAt, lastAt } = watched;
  if (watched.overdue) return 'silent';
  if (!watched.heard) return watched.reporting || watched.told ? 'never-seen' : undefined;
  if (watched.value === 1) return 'alarm';
  if (offlineAt !== undefined && (lastAt === undefined || offlineAt >= lastAt)) return 'suspect';
  return 'ok';
}
