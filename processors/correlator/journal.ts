import { rfc3339 } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { incidentChanged, type Notification } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import { headerOf, type InRecord, type OutRecord } from '../../contracts/kafka-records.ts';
import { type Emission, NOTHING } from '../../transport/kafka/types.ts';
import { type Case, keyOf } from './cases.ts';
import type { Flapping } from './flapping.ts';

export const STATE_TOPIC = 'correlator.state';
const LIFE_HEADER = 'smokewire.life';

/** What people are told of. */
type Fault = Exclude<Case, Flapping>;

/** So much of what may be written later is written at a time. */
const MOST_LATER = 500;

/** What a step changed, and whom it is told: `emission` notes it before it is told, as told only afterwards. */
export class Journal {
  readonly #partition: number;
  /** By their keys, in the order of their changes. */
  readonly #changed = new Map<string, Case>();
  readonly #later = new Map<string, Case>();
  readonly #gone = new Set<string>();
  /** Under which keys predecessors wrote. */
  readonly #known = new Set<string>();
  /** The count of correlators that have worked on this partition, ourselves included: who was succeeded has a lower one. */
  #life = 1;

  constructor(partition: number) {
    this.#partition = partition;
  }

  changed(item: Case): void {
    const key = keyOf(item);
    this.#later.delete(key);
    this.#changed.delete(key);
    this.#changed.set(key, item);
  }

  /** What a successor would find out as well changed: in a storm there is much of that, and it is written in portions. */
  changedLater(item: Case): void {
    const key = keyOf(item);
    if (this.#changed.has(key)) this.#changed.set(key, item);
    else this.#later.set(key, item);
  }

  /** Whether a portion waits to be written. */
  get isBehind(): boolean {
    return this.#later.size > 0;
  }

  /** The next portion is to be written. */
  catchUp(): void {
    let left = MOST_LATER;
    for (const item of this.#later.values()) {
      if (left-- === 0) return;
      this.changed(item);
    }
  }

  /** Nothing is left to know under this key. */
  gone(key: string): void {
    this.#later.delete(key);
    this.#gone.add(key);
  }

  tell(item: Fault, told: Omit<Notification, 'kind' | 'at'>, now: number): void {
    item.untold = [...(item.untold ?? []), { ...told, kind: 'fault', at: rfc3339(now) }];
    this.changed(item);
  }

  /** A predecessor wrote this; answers whether he had been succeeded by then, and wrote over what one who knew more had written. */
  succeed(record: InRecord): boolean {
    const life = lifeOf(record);
    const isLate = life + 1 < this.#life && this.#known.has(String(record.key));
    this.#life = Math.max(this.#life, life + 1);
    this.#known.add(String(record.key));
    return isLate;
  }

  /** Whose record of the state topic this is: ours, that of one whom we succeeded, or of one who succeeded us. */
  whose(record: InRecord): 'ours' | 'predecessor' | 'successor' {
    const life = lifeOf(record);
    return life === this.#life ? 'ours' : life < this.#life ? 'predecessor' : 'successor';
  }

  /** Says that this partition is ours now, which stops whoever does not know yet that he was succeeded. */
  claim(): void {
    this.#known.clear();
    this.#gone.add('claim');
  }

  /**
   * What there is to write since it was last asked. What is told follows from more than the log, such as our clock and the
   * census, so it is noted first; the note keeps the words, so that a successor says the same.
   */
  emission(now: number): Emission {
    if (this.#changed.size === 0 && this.#gone.size === 0) return NOTHING;
    const changed = [...this.#changed.values()];
    const records = [
      ...changed.map((item) => this.#case(item, now)),
      ...[...this.#gone].map((key) => this.#record(key, null, now)),
    ];
    this.#changed.clear();
    this.#gone.clear();
    const told = changed.filter((item) => item.is !== 'flapping').filter(({ untold }) => untold !== undefined);
    if (told.length === 0) return { outputs: [], changelog: records };
    const outputs = told.flatMap(({ untold = [] }) => untold.map((notification) => notice(notification, now)));
    for (const item of told) item.untold = undefined;
    return { notes: records, outputs, changelog: told.map((item) => this.#case(item, now)) };
  }

  #case(item: Case, now: number): OutRecord {
    return this.#record(keyOf(item), JSON.stringify(item), now);
  }

  #record(key: string, value: string | null, now: number): OutRecord {
    const headers = { [LIFE_HEADER]: String(this.#life) };
    return { topic: STATE_TOPIC, key, value, headers, timestamp: now, partition: this.#partition };
  }
}

function lifeOf(record: InRecord): number {
  return Number(headerOf(record, LIFE_HEADER) ?? 0);
}

function notice(data: Notification, now: number): OutRecord {
  return eventRecord(incidentChanged, {
    // Of updates an incident has many.
    id: idOf('notification', data.incident, data.change, ...(data.change === 'updated' ? [data.reason] : [])),
    source: 'correlator',
    time: now,
    data,
  });
}
