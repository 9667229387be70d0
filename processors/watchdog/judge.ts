import type { DetectorState } from '../../contracts/events.ts';
import type { DetectorMode, SignalValue } from '../../contracts/mqtt-payloads.ts';
import type { Signal } from '../../contracts/signals.ts';
import { type Announced, Announcements } from './announcements.ts';
import { Calendar, NOT_PLANNED, type Planned } from './calendar.ts';
import { type BridgeTime, ProvenTime } from './proven-time.ts';
import type { Judged, Told } from './told.ts';

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

/** When a detector was announced, by the clock of which bridge. */
export interface Announcement {
  readonly at: number;
  readonly bridge: string;
}

/** Early evidence that a detector is dead: the broker lost its connection. */
export interface Will {
  /** When it came, ms since the epoch, by the clock of which bridge; an empty name where nobody said. */
  readonly at: number;
  bridge: string;
  /** That bridge's proven time where the log reaches it; undefined before. */
  stamp: number | undefined;
}

/** What is known of one detector. */
export interface Watched extends Planned, Announced {
  readonly id: number;
  floor: number;
  /** Undefined for one that nobody announced: it has no heartbeat to miss, and is never silent. */
  reporting: Reporting | undefined;
  /** What of that counts as far as the log is read: another heartbeat does from where the log reaches its announcement. */
  judged: Judged | undefined;
  /** Whether it has ever signalled, as far as the log and what was told go. */
  heard: boolean;
  /** The last signal: its value, when the bridge received it, through which bridge, at which proven time. */
  value: SignalValue;
  lastAt: number | undefined;
  bridge: BridgeTime | undefined;
  stamp: number;
  /** Its Last Will, as long as nothing refutes it. */
  will: Will | undefined;
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
  /** Those whose will the log has not reached yet. */
  readonly #dying = new Set<Watched>();
  /** Not judged before the log reaches them: their windows begin there. */
  readonly #announcements = new Announcements<Watched>();
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

  /**
   * How long a detector may be silent. A stall of the path that the canary cannot see costs up to a period of proven time, and
   * a heartbeat on either side: no window is shorter than that.
   */
  windowMs({ heartbeatMs }: Reporting): number {
    const { misses, graceMs, canaryPeriodMs } = this.#options;
    return Math.max(misses * heartbeatMs + graceMs, 2 * heartbeatMs + canaryPeriodMs);
  }

  /**
   * After how much silence a Last Will is believed. A detector that connected anew, and whose old connection's will comes late, has
   * signalled by then, even if the path stalls for a while that the canary cannot see.
   */
  confirmationMs({ heartbeatMs }: Reporting): number {
    const { graceMs, canaryPeriodMs } = this.#options;
    return heartbeatMs + Math.max(graceMs, canaryPeriodMs);
  }

  /** Takes over what a predecessor told. */
  recall(id: number, floor: number, told: Told): void {
    const watched = this.#of(id, floor);
    watched.told = told;
    watched.judged = told.judged;
    watched.heard ||= told.state === 'ok' || told.state === 'alarm' || told.state === 'suspect';
    watched.overdue = told.state === 'silent';
    if (told.state === 'alarm') watched.value = 1;
  }

  /** All tables are read: who was judged by this very heartbeat need not wait for an announcement that only repeats it. */
  restored(): void {
    const noted = new Map<Watched, number>();
    for (const watched of this.#watched.values()) {
      const { judged, reporting } = watched;
      if (reporting && judged?.heartbeatMs === reporting.heartbeatMs) noted.set(watched, judged.from);
    }
    this.#announcements.resume(noted);
  }

  /** An announcement. The same one again is no news; another heartbeat begins a window of its own. */
  register(id: number, floor: number, { mode, heartbeatMs }: Reporting, { at, bridge }: Announcement): Watched {
    const watched = this.#of(id, floor);
    watched.floor = floor;
    const same = watched.reporting?.heartbeatMs === heartbeatMs;
    watched.reporting = { mode, heartbeatMs };
    if (same) return watched;
    watched.announcedAt = at;
    watched.announcedBy = bridge;
    this.#longestWindowMs = Math.max(this.#longestWindowMs, this.windowMs(watched.reporting));
    this.#announcements.add(watched);
    return watched;
  }

  /** Taken out of the registry: as if it had never been heard of, save for what was told. */
  unregister(id: number): Watched | undefined {
    const watched = this.#watched.get(id);
    if (!watched) return undefined;
    this.#announcements.delete(watched);
    watched.reporting = undefined;
    watched.judged = undefined;
    watched.heard = false;
    watched.overdue = false;
    watched.day = NOT_PLANNED;
    return watched;
  }

  /** A birth message, or a Last Will. */
  presence(id: number, floor: number, will: Announcement | undefined): Watched {
    const watched = this.#of(id, floor);
    watched.will = will && { ...will, stamp: undefined };
    if (will) this.#dying.add(watched);
    else this.#dying.delete(watched);
    return watched;
  }

  /** A detector's signal, whatever its value, at `offset`. */
  signal({ detector, floor, value, bridge, receivedAt }: Signal, offset: number): Watched {
    const watched = this.#of(detector, floor);
    const through = this.time.bridge(bridge);
    if (!watched.reporting) watched.floor = floor;
    watched.heard = true;
    watched.value = value;
    watched.lastAt = receivedAt;
    watched.bridge = through;
    watched.stamp = this.time.stamp(through, receivedAt);
    watched.overdue = false;
    if (watched.will && refutes(watched.will, bridge, receivedAt)) {
      watched.will = undefined;
      this.#dying.delete(watched);
    }
    // What comes after its announcement begins its window, too.
    if (watched.announcedBy === bridge && watched.announcedAt <= receivedAt && this.#announcements.delete(watched)) {
      this.#begin(watched, offset);
    }
    if (watched.day === NOT_PLANNED) this.#plan(watched);
    return watched;
  }

  /** A canary record: proven time runs on. Answers of whom something else may be true with that. */
  canary(offset: number, bridge: string, at: number): Watched[] {
    this.time.canary(bridge, at);
    const changed = this.#announcements.reached(offset, bridge, at);
    // Who was announced just before its bridge was gone would be waited for in vain.
    for (const [gone, least] of this.time.gone()) changed.push(...this.#announcements.reached(offset, gone, least));
    for (const watched of changed) {
      // Until it is heard, it is judged by the bridge through which it was announced.
      if (watched.announcedBy !== '') watched.bridge ??= this.time.bridge(watched.announcedBy);
      this.#begin(watched, offset);
      if (watched.judged?.from === offset) watched.stamp = Math.max(watched.stamp, this.time.read(watched.bridge));
      this.#plan(watched);
    }
    changed.push(...this.#reachWills(bridge, at));
    this.#calendar.until(this.time.now, (watched) => {
      if (watched.overdue || !watched.reporting || this.#announcements.has(watched)) return;
      if (this.#remainingMs(watched, watched.reporting) < 0) {
        watched.overdue = true;
        changed.push(watched);
      } else {
        this.#plan(watched);
      }
    });
    return changed;
  }

  /** How long nothing has come from it, in proven time. */
  silenceOf({ bridge, stamp }: Watched): number {
    return this.time.silence(bridge, stamp);
  }

  /** From `offset` on it is judged by its heartbeat, if it was not before. */
  #begin(watched: Watched, offset: number): void {
    const { judged, reporting } = watched;
    if (reporting && judged?.heartbeatMs !== reporting.heartbeatMs) {
      watched.judged = { heartbeatMs: reporting.heartbeatMs, from: offset };
    }
  }

  #plan(watched: Watched): void {
    if (!watched.reporting || watched.overdue || this.#announcements.has(watched)) return;
    const remainingMs = this.#remainingMs(watched, watched.reporting);
    this.#calendar.plan(watched, this.time.earliest(watched.bridge, remainingMs));
  }

  /** How much silence is left before it is silent for good. Fire outranks the broken line: its Last Will counts for nothing. */
  #remainingMs(watched: Watched, reporting: Reporting): number {
    const { will, value } = watched;
    const ofWindow = this.windowMs(reporting) - this.silenceOf(watched);
    if (will?.stamp === undefined || value === 1) return ofWindow;
    const sinceWill = this.time.silence(this.time.bridge(will.bridge), will.stamp);
    return Math.min(ofWindow, this.confirmationMs(reporting) - sinceWill);
  }

  /**
   * The log reached `at` by the clock of `bridge`: the wills up to there begin to count. Answers whose do not, since they were last
   * heard through another bridge.
   */
  #reachWills(bridge: string, at: number): Watched[] {
    const refuted: Watched[] = [];
    const through = this.time.bridge(bridge);
    for (const watched of this.#dying) {
      const { will } = watched;
      if (will && ((will.bridge !== '' && will.bridge !== bridge) || will.at > at)) continue;
      this.#dying.delete(watched);
      if (!will) continue;
      will.bridge = bridge;
      will.stamp = this.time.read(through);
      if (watched.bridge === undefined || watched.bridge === through) this.#plan(watched);
      else {
        watched.will = undefined;
        refuted.push(watched);
      }
    }
    return refuted;
  }

  #of(id: number, floor: number): Watched {
    let watched = this.#watched.get(id);
    if (!watched) {
      watched = {
        id,
        floor,
        reporting: undefined,
        judged: undefined,
        announcedAt: 0,
        announcedBy: '',
        heard: false,
        value: 0,
        lastAt: undefined,
        bridge: undefined,
        stamp: 0,
        will: undefined,
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
 * fire and then dropped its connection stays in alarm until its window is over.
 */
export function stateOf(watched: Watched): DetectorState['state'] | undefined {
  if (watched.overdue) return 'silent';
  if (!watched.heard) return watched.reporting || watched.told ? 'never-seen' : undefined;
  if (watched.value === 1) return 'alarm';
  return watched.will ? 'suspect' : 'ok';
}

/** Whether a signal came later than a will: by the bridge's clock, or because the log has reached that. */
function refutes(will: Will, bridge: string, receivedAt: number): boolean {
  return will.bridge === bridge ? receivedAt > will.at : will.stamp !== undefined;
}
