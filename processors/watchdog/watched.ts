import type { DetectorState, Oddity } from '../../contracts/events.ts';
import type { SignalValue } from '../../contracts/mqtt-payloads.ts';
import { type Detectors, FLAG } from './detectors.ts';
import type { Evidence } from './evidence.ts';
import type { ProvenTime } from './proven-time.ts';
import type { Judged, Told } from './told.ts';
import type { ToldRows } from './told-rows.ts';
import type { Will, Wills } from './wills.ts';

/** How a registered detector reports. */
export interface Reporting {
  /** How long it may wait before it signals again, or is asked. */
  readonly heartbeatMs: number;
  /** Behind which gateway, where it says so. */
  readonly gateway?: string | undefined;
}

/** Everything that is known of the detectors of a partition. */
export interface Known {
  readonly detectors: Detectors;
  readonly told: ToldRows;
  readonly wills: Wills;
  readonly evidence: Evidence;
  readonly time: ProvenTime;
}

/** One detector, as it is known at the moment of each question. */
export class Watched {
  readonly #known: Known;
  readonly row: number;

  constructor(known: Known, row: number) {
    this.#known = known;
    this.row = row;
  }

  get id(): number {
    return this.#known.detectors.id(this.row);
  }

  get floor(): number {
    return this.#known.detectors.floor(this.row);
  }

  /** Undefined for one that nobody announced: it has no heartbeat to miss, and is never silent. */
  get reporting(): Reporting | undefined {
    const heartbeatMs = this.#known.detectors.heartbeat(this.row);
    return heartbeatMs === 0 ? undefined : { heartbeatMs, gateway: this.gateway };
  }

  get gateway(): string | undefined {
    return this.#known.detectors.gateway(this.row);
  }

  /** The bridge on whose time it is judged: it was heard last through that, or before that announced. */
  get bridgeName(): string | undefined {
    const { detectors, time } = this.#known;
    return time.numbered(detectors.bridge(this.row))?.name;
  }

  /** What of that counts as far as the log is read: another heartbeat does from where the log reaches its announcement. */
  get judged(): Judged | undefined {
    return this.#known.told.judged(this.row);
  }

  /** Whether it has ever signalled, as far as the log and what was told go. */
  get heard(): boolean {
    return this.#known.detectors.is(this.row, FLAG.heard);
  }

  /** The last signal. */
  get value(): SignalValue {
    return this.#known.detectors.is(this.row, FLAG.fire) ? 1 : 0;
  }

  /** When a bridge received that; undefined where the log does not tell. */
  get lastAt(): number | undefined {
    const { detectors } = this.#known;
    return detectors.is(this.row, FLAG.timed) ? detectors.heardAt(this.row) : undefined;
  }

  /** When it was announced; of interest for one that was never heard, and known of no other. */
  get announcedAt(): number {
    return this.#known.detectors.heardAt(this.row);
  }

  /** Its Last Will, as long as nothing refutes it. */
  get will(): Will | undefined {
    return this.#known.wills.get(this.row);
  }

  /** What is wrong with it beside its silence. */
  get oddities(): readonly Oddity[] {
    return this.#known.evidence.of(this.row);
  }

  /** From which floor its last signal came; undefined where there is nothing odd about that. */
  get heardFrom(): number | undefined {
    return this.#known.evidence.floorOf(this.row);
  }

  get told(): Told | undefined {
    return this.#known.told.of(this.row);
  }

  set told(told: Told) {
    this.#known.told.set(this.row, told);
  }

  get state(): DetectorState['state'] | undefined {
    return stateOf(this.#known, this.row);
  }
}

/**
 * What is true of a detector; undefined where there is nothing to say yet. Fire outranks the broken line: one that signalled
 * fire and then dropped its connection stays in alarm until its window is over.
 */
export function stateOf({ detectors, told, wills }: Known, row: number): DetectorState['state'] | undefined {
  if (detectors.is(row, FLAG.overdue)) return 'silent';
  if (!detectors.is(row, FLAG.heard)) {
    return detectors.heartbeat(row) > 0 || told.state(row) !== undefined ? 'never-seen' : undefined;
  }
  if (detectors.is(row, FLAG.fire)) return 'alarm';
  return wills.get(row) ? 'suspect' : 'ok';
}
