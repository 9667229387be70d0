import { rfc3339 } from '../../../contracts/clock.ts';
import { eventRecord } from '../../../contracts/cloud-events.ts';
import { type Disablement, disablementChanged } from '../../../contracts/disablements.ts';
import {
  type Census,
  censusTaken,
  incidentChanged,
  type Notification,
  type Verdict,
  verdictReached,
} from '../../../contracts/events.ts';
import { idOf } from '../../../contracts/ids.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import { correlatorDefinition } from '../../../processors/correlator/correlator.ts';
import { STATE_TOPIC } from '../../../processors/correlator/journal.ts';
import { type Emission, NOTHING, type Task } from '../../../transport/kafka/types.ts';
import { ceId, received } from '../records.ts';

export const T0 = Date.UTC(2026, 0, 1);
export const PERIOD = 1_000;

/** How far a crash lets the work on one record, or one wake, come. */
export type CrashPoint = 'before notes' | 'before outputs' | 'after outputs' | 'after changelog' | 'after commit';

export interface ToldIncident extends Notification {
  readonly ceId: string;
}

/** Which detectors are where: one to four on floor 1, five to eight on floor 2, all behind bridge a, 9 to 12 on floor 3 behind b. */
export const placeOf = (id: number) => ({
  floor: Math.ceil(id / 4),
  bridge: id <= 8 ? 'a' : 'b',
  gateway: id <= 2 ? 'g' : null,
});
export const CENSUS: Census = {
  partition: 0,
  floors: { 1: 4, 2: 4, 3: 4 },
  bridges: { a: 8, b: 4 },
  gateways: { g: 2 },
};

/** The site's partition as Kafka keeps it, with a correlator that can be killed and made anew. Times: ms from T0. */
export class Desk {
  readonly told: ToldIncident[] = [];
  /** What stands on `disablements`. */
  readonly orders: Disablement[] = [];
  /** How many records one step asked for, at most. */
  largest = 0;
  readonly #log: InRecord[] = [];
  /** What was written to the tables, in order. */
  readonly #tables: InRecord[] = [];
  #now = T0;
  #committed = 0;
  #read = 0;
  #task: Task;

  constructor(census: Census | undefined = CENSUS) {
    this.#task = this.#newTask();
    if (census) this.census(census);
  }

  /** `opened detector/8`, in the order in which people are told, a repetition once. */
  headlines(): string[] {
    const seen = new Set<string>();
    return this.told
      .filter(({ ceId: id }) => !seen.has(id) && seen.add(id))
      .map(({ change, subject }) => `${change} ${subject}`);
  }

  /** The keys under which `correlator.state` has something. */
  kept(): string[] {
    const last = new Map(this.#states().map(({ key, value }) => [String(key), value]));
    return [...last].flatMap(([key, value]) => (value === null ? [] : [key]));
  }

  census(census: Census): void {
    this.#keep(received(eventRecord(censusTaken, { id: 'c', source: 'watchdog', time: this.#now, data: census }), 0));
  }

  /** A verdict is written at `at`, and read at once; `late` ms later by our clock. */
  verdict(
    at: number,
    change: Verdict['change'],
    id: number,
    { late = 0, crash = 'after commit', ...more }: Partial<Verdict> & Late = {},
  ): void {
    this.say(at, change, id, more);
    this.read(at + late, crash);
  }

  /** A verdict is written at `at`. */
  say(at: number, change: Verdict['change'], id: number, { episode = 1, ...more }: Partial<Verdict> = {}): void {
    const told = change === 'opened' || change === 'closed';
    this.write(at, {
      site: 'hq',
      group: 'watchdog',
      subject: `detector/${id}`,
      incident: told ? idOf('incident', 'silence', 'hq', id, episode) : null,
      episode: told ? episode : episode - 1,
      change,
      cause: 'silent',
      heartbeatMs: 1_000,
      windowMs: 4_000,
      at: rfc3339(T0 + at),
      reason: `Detector ${id}: ${change}.`,
      ...placeOf(id),
      ...more,
    });
  }

  /** Somebody orders a planned silence, or its end. */
  order(at: number, subject: string, endsAt: number | undefined, crash: CrashPoint = 'after commit'): void {
    this.wait(at);
    const about = { site: 'hq', subject, at: rfc3339(T0 + at), by: 'operator/panel' };
    const until = endsAt === undefined ? undefined : rfc3339(T0 + endsAt);
    this.#ordered(
      until === undefined ? { ...about, change: 'enabled' } : { ...about, change: 'disabled', until, reason: null },
      crash,
    );
  }

  write(at: number, data: Verdict): void {
    const record = eventRecord(verdictReached, { id: 'v', source: 'watchdog', time: T0 + at, data });
    this.#log.push(received(record, this.#log.length));
  }

  /** Reads what stands in the log, at `now` by its clock. */
  read(now: number, crash: CrashPoint = 'after commit'): void {
    this.wait(now);
    for (let record = this.#log[this.#read]; record; record = this.#log[this.#read]) {
      this.#read++;
      this.#carryOut(this.#task.input(record, this.#now), crash);
      if (crash === 'after commit') this.#committed = this.#read;
    }
  }

  /** The clock runs on to `at`; what falls due on the way is decided. */
  wait(at: number, crash: CrashPoint = 'after commit'): void {
    while (this.decide(at, crash));
    this.#now = Math.max(this.#now, T0 + at);
  }

  /** Decides what falls due first until `at`; answers whether anything does. */
  decide(at: number, crash: CrashPoint = 'after commit'): boolean {
    const due = this.#task.deadline?.();
    if (due === undefined || due > T0 + at) return false;
    this.#now = Math.max(this.#now, due);
    this.#carryOut(this.#task.wake?.(this.#now) ?? NOTHING, crash);
    return true;
  }

  /** The clock runs on to `at`, and nobody is there. */
  sleep(at: number): void {
    this.#now = T0 + at;
  }

  /**
   * The process stands still. Called, it wakes up, does what its clock tells it, and does it again a little later; it may have read
   * before what others wrote meanwhile, and may die on its way.
   */
  standStill(): (at: number, how?: { readonly read?: boolean; readonly crash?: CrashPoint }) => void {
    const task = this.#task;
    return (at, { read = false, crash = 'after commit' } = {}) => {
      const states = read ? this.#states() : [];
      for (const record of states) task.table?.(record, T0 + at, false);
      for (const now of [T0 + at, T0 + at + 2 * PERIOD]) {
        this.#carryOut(task.wake?.(now) ?? NOTHING, crash);
      }
    };
  }

  /** The process is gone, and nobody takes over. */
  stop(): void {
    this.#task = { input: () => NOTHING };
  }

  /** The task is gone with all that it knew; a new one stands where its tables and the committed offset put it. */
  restart(): void {
    this.#task = this.#newTask();
    for (const record of this.#tables) this.#task.table?.(record, this.#now, true);
    for (const data of this.orders) this.#task.table?.(this.#orderRecord(data), this.#now, true);
    this.#read = this.#committed;
  }

  #states(): InRecord[] {
    return this.#tables.filter(({ topic }) => topic === STATE_TOPIC);
  }

  #newTask(): Task {
    return correlatorDefinition({ site: 'hq', canaryPeriodMs: PERIOD }).createTask(0, PARTITIONS);
  }

  #carryOut({ notes = [], outputs, changelog }: Emission, crash: CrashPoint): void {
    this.largest = Math.max(this.largest, notes.length + outputs.length + changelog.length);
    if (crash === 'before notes') return;
    for (const record of notes) this.#keep(received(record, 0));
    if (crash === 'before outputs') return;
    for (const record of outputs) {
      if (record.topic === incidentChanged.topic) this.told.push(told(record));
      else this.#ordered(disablementChanged.schema.parse(JSON.parse(String(record.value))), crash);
    }
    if (crash === 'after outputs') return;
    for (const record of changelog) this.#keep(received(record, 0));
  }

  #ordered(data: Disablement, crash: CrashPoint): void {
    this.orders.push(data);
    const emission = this.#task.table?.(this.#orderRecord(data), this.#now, false);
    if (emission) this.#carryOut(emission, crash);
  }

  #orderRecord(data: Disablement): InRecord {
    return received(eventRecord(disablementChanged, { id: 'o', source: 'panel', time: this.#now, data }), 0);
  }

  #keep(record: InRecord): void {
    this.#tables.push(record);
    const emission = this.#task.table?.(record, this.#now, false);
    if (emission) this.#carryOut(emission, 'after commit');
  }
}

interface Late {
  readonly late?: number;
  readonly crash?: CrashPoint;
}

function told(record: OutRecord): ToldIncident {
  return { ...incidentChanged.schema.parse(JSON.parse(String(record.value))), ceId: ceId(record) };
}
