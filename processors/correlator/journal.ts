import { rfc3339 } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { incidentChanged, type Notification } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import { type Emission, NOTHING } from '../../transport/kafka/types.ts';
import { type Case, keyOf } from './cases.ts';
import type { Flapping } from './flapping.ts';

export const STATE_TOPIC = 'correlator.state';

/** What people are told of. */
type Fault = Exclude<Case, Flapping>;

/** What a step changed, and whom it is told: `emission` notes it before it is told, as told only afterwards. */
export class Journal {
  readonly #partition: number;
  readonly #changed = new Set<Case>();
  readonly #gone = new Set<string>();

  constructor(partition: number) {
    this.#partition = partition;
  }

  changed(item: Case): void {
    this.#changed.add(item);
  }

  /** Nothing is left to know under this key. */
  gone(key: string): void {
    this.#gone.add(key);
  }

  tell(item: Fault, told: Omit<Notification, 'kind' | 'at'>, now: number): void {
    item.untold = [...(item.untold ?? []), { ...told, kind: 'fault', at: rfc3339(now) }];
    this.changed(item);
  }

  /**
   * What there is to write since it was last asked. What is told follows from more than the log, such as our clock and the
   * census, so it is noted first; the note keeps the words, so that a successor says the same.
   */
  emission(now: number): Emission {
    if (this.#changed.size === 0 && this.#gone.size === 0) return NOTHING;
    const changed = [...this.#changed];
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
    return { topic: STATE_TOPIC, key, value, timestamp: now, partition: this.#partition };
  }
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
