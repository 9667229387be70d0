import type { ValveState } from '../../contracts/events.ts';
import type { FloorView } from '../../contracts/http.ts';
import type { ValvePosition } from '../../contracts/mqtt-payloads.ts';
import type { Disablements } from './disablements.ts';
import { remember } from './remember.ts';

interface Floor {
  readonly floor: number;
  detectors: number;
  readonly alarms: Set<number>;
  incident: string | null;
  position: ValvePosition | null;
  by: string | null;
  since: string | null;
  /** The command that the valve's position answers. */
  command: string | null;
}

/** What a valve's report changed: `first` when nothing was known of it before. */
export interface ValveMove {
  readonly by: string | null;
  readonly first: boolean;
}

/** Commands are told apart from reports on another topic; so many are remembered to say who moved a valve. */
const REMEMBERED_COMMANDS = 10_000;

/** The floors: how many detectors each has, which of them signal 1, and where its valve stands by whose word. */
export class Floors {
  readonly #floors = new Map<number, Floor>();
  readonly #commands = new Map<string, string>();
  readonly #disablements: Disablements;

  constructor(disablements: Disablements) {
    this.#disablements = disablements;
  }

  get count(): number {
    return this.#floors.size;
  }

  has(floor: number): boolean {
    return this.#floors.has(floor);
  }

  addDetector(floor: number): void {
    this.#at(floor).detectors++;
  }

  removeDetector(floor: number, detector: number): void {
    const entry = this.#at(floor);
    entry.detectors--;
    entry.alarms.delete(detector);
  }

  /** Answers whether that is news. */
  setAlarm(floor: number, detector: number, alarm: boolean): boolean {
    const { alarms } = this.#at(floor);
    if (alarms.has(detector) === alarm) return false;
    if (alarm) alarms.add(detector);
    else alarms.delete(detector);
    return true;
  }

  setIncident(floor: number, incident: string | null): void {
    this.#at(floor).incident = incident;
  }

  /** A command on its way; answers whether it explains what a valve has reported already. */
  command(id: string, floor: number, by: string): boolean {
    remember(this.#commands, id, by, REMEMBERED_COMMANDS);
    const entry = this.#floors.get(floor);
    if (entry?.command !== id || entry.by !== null) return false;
    entry.by = by;
    return true;
  }

  /** A valve's report; answers with what moved, undefined where it stands as before. */
  report({ floor, position, commandId, at }: ValveState): ValveMove | undefined {
    const entry = this.#at(floor);
    if (entry.position === position) return undefined;
    const first = entry.position === null;
    entry.position = position;
    entry.since = at;
    entry.command = commandId;
    entry.by = commandId === null ? null : (this.#commands.get(commandId) ?? null);
    return { by: entry.by, first };
  }

  view(floor: number): FloorView | undefined {
    const entry = this.#floors.get(floor);
    return entry && this.#viewOf(entry);
  }

  /** By ascending floor. */
  list(): FloorView[] {
    return [...this.#floors.values()].sort((a, b) => a.floor - b.floor).map((entry) => this.#viewOf(entry));
  }

  #viewOf({ floor, detectors, alarms, incident, position, by, since }: Floor): FloorView {
    return {
      floor,
      detectors,
      alarms: [...alarms].sort((a, b) => a - b),
      incident,
      valve: { position, by, since },
      disabledUntil: this.#disablements.until(`floor/${floor}`),
    };
  }

  #at(floor: number): Floor {
    let entry = this.#floors.get(floor);
    if (!entry) {
      entry = {
        floor,
        detectors: 0,
        alarms: new Set(),
        incident: null,
        position: null,
        by: null,
        since: null,
        command: null,
      };
      this.#floors.set(floor, entry);
    }
    return entry;
  }
}
