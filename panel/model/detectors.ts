import { rfc3339 } from '../../contracts/clock.ts';
import type { Detector, DetectorState } from '../../contracts/events.ts';
import type { DetectorView } from '../../contracts/http.ts';
import type { InRecord } from '../../contracts/kafka-records.ts';
import type { DetectorMode, SignalValue } from '../../contracts/mqtt-payloads.ts';
import { parseSignal, signalValueOf } from '../../contracts/signals.ts';
import type { Disablements } from './disablements.ts';
import type { Floors } from './floors.ts';
import { SortedIds } from './sorted-ids.ts';

type StateName = DetectorState['state'];

interface Entry {
  readonly id: number;
  floor: number;
  mode: DetectorMode | null;
  heartbeatMs: number | null;
  signal: SignalValue | null;
  /** The offset on `signals` up to which `signal` is known. */
  signalOffset: number;
  /** When `signal` became what it is, and the last time that it came; milliseconds since the Unix epoch. */
  signalSince: number | null;
  lastSignalAt: number | null;
  /** The watchdog's word. */
  told: StateName | null;
  toldSince: string | null;
  /** What is shown: the watchdog's word on faults, the detector's own on fire. */
  state: StateName;
}

/** Which detectors to list: those above `after`, of a floor, in a state. */
export interface DetectorQuery {
  readonly after: number;
  readonly limit: number;
  readonly floor?: number | undefined;
  readonly state?: StateName | undefined;
}

export interface DetectorsOptions {
  readonly floors: Floors;
  readonly disablements: Disablements;
  readonly onChange: (id: number, floor: number) => void;
}

/**
 * Every detector that was announced, heard or judged. Whether one is silent or suspect is the watchdog's word; whether it is
 * in alarm is its own last signal, which is read from now on only and costs next to nothing when it repeats itself.
 */
export class Detectors {
  readonly #entries = new Map<number, Entry>();
  readonly #ids = new SortedIds();
  readonly #floors: Floors;
  readonly #disablements: Disablements;
  readonly #onChange: (id: number, floor: number) => void;
  readonly #counts: Record<StateName, number> = { ok: 0, alarm: 0, suspect: 0, silent: 0, 'never-seen': 0 };

  constructor({ floors, disablements, onChange }: DetectorsOptions) {
    this.#floors = floors;
    this.#disablements = disablements;
    this.#onChange = onChange;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** How many are in each state. */
  get counts(): Readonly<Record<StateName, number>> {
    return { ...this.#counts };
  }

  has(id: number): boolean {
    return this.#entries.has(id);
  }

  floorOf(id: number): number | undefined {
    return this.#entries.get(id)?.floor;
  }

  /** A detector, or a floor with all its detectors, was disabled or enabled: they look different now. */
  disablementChanged(subject: string): void {
    for (const { id, floor } of this.#entries.values()) {
      if (subject === `detector/${id}` || subject === `floor/${floor}`) this.#onChange(id, floor);
    }
  }

  register({ id, floor, mode, heartbeatMs }: Detector): void {
    const entry = this.#at(id, floor);
    this.#move(entry, floor);
    entry.mode = mode;
    entry.heartbeatMs = heartbeatMs;
    this.#settle(entry, true);
  }

  remove(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#ids.delete(id);
    this.#counts[entry.state]--;
    this.#floors.removeDetector(entry.floor, id);
    this.#onChange(id, entry.floor);
  }

  /** A heartbeat. @throws SmokewireError RECORD_INVALID */
  signal(record: InRecord): void {
    const known = this.#known(record.key);
    const value = signalValueOf(record);
    if (known && value !== undefined) this.#hear(known, record, value);
    else {
      const signal = parseSignal(record);
      this.#hear(this.#at(signal.detector, signal.floor), record, signal.value);
    }
  }

  /** The watchdog's word; answers with the one before it. */
  judge({ id, floor, state, since, offset }: DetectorState): StateName | null {
    const entry = this.#at(id, floor);
    const before = entry.told;
    entry.told = state;
    entry.toldSince = since;
    // Until a signal is heard here, the watchdog's word says what the last one was; it may also be ahead of us.
    if ((state === 'ok' || state === 'alarm') && offset > entry.signalOffset) {
      const value = state === 'alarm' ? 1 : 0;
      if (entry.signal !== value) entry.signalSince = Date.parse(since);
      entry.signal = value;
      entry.signalOffset = offset;
    }
    this.#settle(entry, false);
    return before;
  }

  view(id: number): DetectorView | undefined {
    const entry = this.#entries.get(id);
    return entry && this.#viewOf(entry);
  }

  /** By ascending id, and the id after which the next page begins; null at the end. */
  page({ after, limit, floor, state }: DetectorQuery): { detectors: DetectorView[]; next: number | null } {
    const detectors: DetectorView[] = [];
    for (const id of this.#ids.above(after)) {
      const entry = this.#entries.get(id);
      if (!entry || (floor !== undefined && entry.floor !== floor)) continue;
      if (state !== undefined && entry.state !== state) continue;
      if (detectors.length === limit) return { detectors, next: detectors.at(-1)?.id ?? null };
      detectors.push(this.#viewOf(entry));
    }
    return { detectors, next: null };
  }

  #viewOf(entry: Entry): DetectorView {
    const { id, floor, mode, heartbeatMs, state, signal, lastSignalAt } = entry;
    return {
      id,
      floor,
      mode,
      heartbeatMs,
      state,
      signal,
      lastSignalAt: lastSignalAt === null ? null : rfc3339(lastSignalAt),
      since: sinceOf(entry),
      disabledUntil: this.#disablements.ofDetector(id, floor),
    };
  }

  #hear(entry: Entry, { offset, timestamp }: InRecord, value: SignalValue): void {
    entry.lastSignalAt = timestamp;
    entry.signalOffset = offset;
    if (entry.signal === value) return;
    entry.signal = value;
    entry.signalSince = timestamp;
    this.#settle(entry, false);
  }

  /** Brings state, counts and the floor's alarms in line with what is known of the detector. */
  #settle(entry: Entry, changed: boolean): void {
    const state = stateOf(entry);
    const alarm = entry.signal === 1 && state !== 'silent';
    const moved = this.#floors.setAlarm(entry.floor, entry.id, alarm);
    if (state === entry.state && !moved && !changed) return;
    this.#counts[entry.state]--;
    this.#counts[state]++;
    entry.state = state;
    this.#onChange(entry.id, entry.floor);
  }

  #move(entry: Entry, floor: number): void {
    if (entry.floor === floor) return;
    const left = entry.floor;
    this.#floors.removeDetector(left, entry.id);
    this.#floors.addDetector(floor);
    entry.floor = floor;
    this.#onChange(entry.id, left);
  }

  #known(key: string | null): Entry | undefined {
    const entry = this.#entries.get(Number(key));
    return entry && String(entry.id) === key ? entry : undefined;
  }

  #at(id: number, floor: number): Entry {
    const known = this.#entries.get(id);
    if (known) return known;
    const entry: Entry = {
      id,
      floor,
      mode: null,
      heartbeatMs: null,
      signal: null,
      signalOffset: -1,
      signalSince: null,
      lastSignalAt: null,
      told: null,
      toldSince: null,
      state: 'never-seen',
    };
    this.#entries.set(id, entry);
    this.#ids.add(id);
    this.#counts['never-seen']++;
    this.#floors.addDetector(floor);
    this.#onChange(id, floor);
    return entry;
  }
}

function stateOf({ told, signal }: Entry): StateName {
  if (told === 'silent' || told === 'suspect') return told;
  if (signal !== null) return signal === 1 ? 'alarm' : 'ok';
  return told ?? 'never-seen';
}

/** When the state began: by the watchdog's word where it is about this state, by the signal where that is newer. */
function sinceOf({ told, toldSince, state, signalSince }: Entry): string | null {
  if (state !== 'ok' && state !== 'alarm') return toldSince;
  const word = told === state ? toldSince : null;
  const heard = signalSince === null ? null : rfc3339(signalSince);
  return word !== null && (heard === null || word > heard) ? word : heard;
}
