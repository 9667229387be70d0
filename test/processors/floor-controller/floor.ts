import { rfc3339 } from '../../../contracts/clock.ts';
import { type EventDefinition, eventRecord } from '../../../contracts/cloud-events.ts';
import { alarmDetected, resetRequested, valveReported, valveRequested } from '../../../contracts/events.ts';
import { idOf } from '../../../contracts/ids.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import type { ValvePosition } from '../../../contracts/mqtt-payloads.ts';
import { floorControllerDefinition } from '../../../processors/floor-controller/floor-controller.ts';
import type { Task } from '../../../transport/kafka/types.ts';
import { dataOf, headlines, received } from '../records.ts';

export const T0 = Date.UTC(2026, 0, 1);

function event<T>(definition: EventDefinition<T>, id: string, at: number, data: T): OutRecord {
  return eventRecord(definition, { id: idOf('test', definition.type, id), source: 'test', time: T0 + at, data });
}

/** Records of floor 3, as its topics carry them. Times: ms from T0. */
export const alarm = (detector: number, offset: number, at = 0) =>
  event(alarmDetected, `alarm ${detector} ${offset}`, at, { floor: 3, detector, at: rfc3339(T0 + at), offset });
export const humanSwitch = (id: string, position: ValvePosition) =>
  event(valveRequested, id, 0, { floor: 3, position, by: 'ada' });
export const humanReset = (id: string) => event(resetRequested, id, 0, { floor: 3, by: 'ada' });
export const report = (id: string, position: ValvePosition, commandId: string | null) =>
  event(valveReported, id, 0, { floor: 3, position, commandId, at: rfc3339(T0) });

/** The floor controller's task with the offsets that its records get, and everything it wrote. */
export class Floor {
  readonly outputs: OutRecord[] = [];
  readonly #changelog = new Map<string | null, InRecord>();
  readonly #offsets = new Map<string, number>();
  #task = this.#newTask();
  now = T0;

  take(...records: readonly OutRecord[]): this {
    for (const record of records) {
      const offset = this.#offsets.get(record.topic) ?? 0;
      this.#offsets.set(record.topic, offset + 1);
      this.takeAt(received(record, offset));
    }
    return this;
  }

  takeAt(record: InRecord): void {
    this.#keep(this.#task.input(record, this.now));
  }

  wait(ms: number): this {
    const end = this.now + ms;
    for (let due = this.#task.deadline?.(); due !== undefined && due <= end; due = this.#task.deadline?.()) {
      this.now = Math.max(this.now, due);
      this.#keep(this.#task.wake?.(this.now));
    }
    this.now = end;
    return this;
  }

  /** Time passes with nobody there to see it. */
  sleep(ms: number): this {
    this.now += ms;
    return this;
  }

  restart(): this {
    this.#task = this.#newTask();
    for (const record of this.#changelog.values()) this.#task.table?.(record, this.now, true);
    return this;
  }

  /** `open incident/…` without the id, for each valve command so far. */
  commands(): string[] {
    return dataOf(this.outputs, 'valve-commands').map(({ position, by }) => `${position} ${String(by).split('/')[0]}`);
  }

  lastCommand(): string {
    return String(dataOf(this.outputs, 'valve-commands').at(-1)?.['id']);
  }

  headlines(): string[] {
    return headlines(this);
  }

  state(): unknown {
    const value = this.#changelog.get('3')?.value;
    return value ? JSON.parse(value.toString()).state : undefined;
  }

  #newTask(): Task {
    return floorControllerDefinition().createTask(0, PARTITIONS);
  }

  #keep(emission: { outputs: readonly OutRecord[]; changelog: readonly OutRecord[] } | undefined): void {
    this.outputs.push(...(emission?.outputs ?? []));
    for (const record of emission?.changelog ?? []) this.#changelog.set(record.key, received(record, 0));
  }
}
