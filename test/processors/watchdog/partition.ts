import { rfc3339 } from '../../../contracts/clock.ts';
import { eventRecord } from '../../../contracts/cloud-events.ts';
import {
  type Census,
  censusTaken,
  detectorRegistered,
  presenceChanged,
  type Verdict,
  verdictReached,
} from '../../../contracts/events.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { canaryRecord, isCanary, type Signal, signalRecord } from '../../../contracts/signals.ts';
import { JudgedPartitions } from '../../../processors/watchdog/judged-partitions.ts';
import { PassiveRegistry } from '../../../processors/watchdog/passive-registry.ts';
import { PipelineMonitor } from '../../../processors/watchdog/pipeline.ts';
import { WatchdogTask } from '../../../processors/watchdog/task.ts';
import { pipelineKey } from '../../../processors/watchdog/telling.ts';
import { canaryOf } from '../../../transport/kafka/canary-ids.ts';
import { type Committed, type Emission, NOTHING } from '../../../transport/kafka/types.ts';
import { ceId, received } from '../records.ts';

export const T0 = Date.UTC(2026, 0, 1);
export const CANARY = canaryOf(0);
export const WINDOWS = { misses: 3, graceMs: 1_000, canaryPeriodMs: 1_000 } as const;

/** How far a crash lets the work on the last batch come. */
export type CrashPoint = 'before notes' | 'before outputs' | 'after outputs' | 'after changelog' | 'after commit';

export interface ToldVerdict extends Verdict {
  readonly ceId: string;
}

/** Partition 0 as Kafka keeps it, with a watchdog task that can be killed and made anew, as the runner would. Times: ms from T0. */
export class Partition {
  readonly log: InRecord[] = [];
  readonly tables = new Map<string, Map<string, InRecord>>();
  /** The faults that it found, and their ends. */
  readonly told: ToldVerdict[] = [];
  /** Whom it suspects, and whom no longer. */
  readonly feared: ToldVerdict[] = [];
  readonly censuses: Census[] = [];
  readonly monitor = new PipelineMonitor();
  readonly passive = new PassiveRegistry();
  readonly judged = new JudgedPartitions();
  now = T0;
  #committed: Committed | undefined;
  #read = 0;
  /** The offset of the oldest record that is kept. */
  #first = 0;
  #up = true;
  /** How many partitions there are; of one, it has every detector. */
  readonly #of: number;
  #task: WatchdogTask;

  constructor(of = 1) {
    this.#of = of;
    this.#task = this.#newTask();
  }

  get task(): WatchdogTask {
    return this.#task;
  }

  get committed(): Committed | undefined {
    return this.#committed;
  }

  /** What the compacted topic says of a detector now. */
  stateOf(id: number): string | undefined {
    const key = isCanary(id) ? pipelineKey(id, 'watchdog') : String(id);
    const record = this.tables.get('detector-states')?.get(key);
    return record && JSON.parse(String(record.value)).state;
  }

  headlines(): string[] {
    return this.told.map(({ change, subject }) => `${change} ${subject}`);
  }

  signal(detector: number, at: number, value: 0 | 1 = 0, bridge = 'a'): void {
    this.hear({ detector, floor: detector < 0 ? 0 : 3, value, bridge, receivedAt: T0 + at });
  }

  hear(signal: Signal): void {
    this.log.push(received(signalRecord({ ...signal, site: 'hq' }), this.#first + this.log.length));
  }

  canary(at: number, bridge = 'a'): void {
    this.signal(CANARY, at, 0, bridge);
  }

  /** Its bridge says by how many partitions it deals out signals. */
  canaryAmong(partitions: number, at: number): void {
    const song = signalRecord({ detector: CANARY, floor: 0, value: 0, bridge: 'a', receivedAt: T0 + at, site: 'hq' });
    this.log.push(received(canaryRecord(song, 0, partitions), this.#first + this.log.length));
  }

  announce(id: number, heartbeatMs: number, at: number, mode: 'active' | 'passive' = 'active', floor = 3): void {
    const data = { id, floor, mode, heartbeatMs, kind: 'smoke', label: '' };
    this.#table(
      eventRecord(detectorRegistered, { id: 'a', source: 'bridge', time: T0 + at, data, headers: { bridge: 'a' } }),
    );
  }

  withdraw(id: number): void {
    this.#table({ topic: 'detectors', key: String(id), value: null, timestamp: this.now });
  }

  presence(id: number, status: 'online' | 'offline', at: number): void {
    const data = { id, floor: 3, status, at: rfc3339(T0 + at) };
    this.#table(
      eventRecord(presenceChanged, { id: 'p', source: 'bridge', time: T0 + at, data, headers: { bridge: 'a' } }),
    );
  }

  /** Steps through what stands in the log, at most `count` records, and commits. */
  read(count = Number.POSITIVE_INFINITY, crash: CrashPoint = 'after commit'): void {
    let notes: readonly OutRecord[] = [];
    let outputs: OutRecord[] = [];
    let changelog: OutRecord[] = [];
    let isWoken = false;
    for (let taken = 0; taken < count; taken++) {
      const record = this.log[this.#read - this.#first];
      if (!record) break;
      this.now = Math.max(this.now, record.timestamp + 5);
      // As the lane does: not before Kafka has what it asked for the last time.
      const woken: Emission = isWoken ? NOTHING : this.#wake();
      isWoken ||= woken.changelog.length > 0;
      for (const emission of [woken, this.#task.input(record, this.now)]) {
        if (emission.notes && emission.notes.length > 0) {
          this.#tell({ notes, outputs, changelog });
          notes = emission.notes;
          outputs = [];
          changelog = [];
        }
        outputs.push(...emission.outputs);
        changelog.push(...emission.changelog);
      }
      this.#read++;
    }
    if (crash === 'before notes') return;
    if (crash === 'before outputs') return void this.#tell({ notes, outputs: [], changelog: [] });
    this.#tell({ notes, outputs, changelog: crash === 'after outputs' ? [] : changelog });
    if (crash === 'after commit') this.#committed = { offset: this.#read, metadata: this.#task.metadata('signals') };
  }

  /** What is due is told, and no more. */
  wake(): void {
    this.#tell(this.#wake());
  }

  /** The clock runs on to `at`; what falls due on the way is told. */
  wait(at: number): void {
    for (let due = this.#task.deadline(); due !== undefined && due <= T0 + at; due = this.#task.deadline()) {
      this.now = Math.max(this.now, due);
      this.#tell(this.#task.wake(this.now));
    }
    this.now = Math.max(this.now, T0 + at);
  }

  /** Kafka's retention takes all that was read. */
  expire(): void {
    this.#first += this.log.length;
    this.log.length = 0;
  }

  /** Kafka's topic is deleted and made again. */
  makeAnew(): void {
    this.log.length = 0;
    this.#first = 0;
    this.#read = 0;
  }

  /** Somebody else writes to a table. */
  write(record: InRecord): void {
    this.#keep(record);
    this.#tell(this.#task.table(record, this.now, false));
  }

  /** The last commits are lost: the next watchdog reads `records` once more as if they were new. */
  uncommit(records: number): void {
    if (this.#committed) this.#committed = { offset: this.#committed.offset - records, metadata: '' };
  }

  /** What is written to the tables while nobody watches. */
  whileDown(write: () => void): void {
    this.#up = false;
    write();
    this.#up = true;
    this.restart();
  }

  /** The task is gone with all that it knew; a new one stands where its tables and the committed offset put it. */
  restart(): void {
    this.#task = this.#newTask();
    for (const [topic, records] of this.tables) {
      for (const record of records.values()) this.#task.table({ ...record, topic }, this.now, true);
    }
    const extents = new Map([['signals', { start: this.#first, end: this.#first + this.log.length }]]);
    const begin = this.#task.restored(new Map(this.#committed ? [['signals', this.#committed]] : []), extents);
    this.#read = Math.max(begin.get('signals') ?? this.#committed?.offset ?? 0, this.#first);
    this.#tell(this.#wake());
  }

  #newTask(): WatchdogTask {
    const { monitor, passive, judged } = this;
    return new WatchdogTask({
      ...WINDOWS,
      site: 'hq',
      group: 'watchdog',
      partition: 0,
      partitions: this.#of,
      canary: CANARY,
      monitor,
      passive,
      judged,
    });
  }

  #wake(): Emission {
    const due = this.#task.deadline();
    return due !== undefined && due <= this.now ? this.#task.wake(due < T0 ? this.now : due) : NOTHING;
  }

  #table(record: OutRecord): void {
    const written = received(record, 0);
    this.#keep(written);
    this.now = Math.max(this.now, record.timestamp);
    if (this.#up) this.#tell(this.#task.table(written, this.now, false));
  }

  #tell({ notes = [], outputs, changelog }: Emission): void {
    for (const record of notes) this.#keep(received(record, 0));
    for (const record of outputs) {
      if (record.topic === 'census') this.censuses.push(censusTaken.schema.parse(JSON.parse(String(record.value))));
      if (record.topic !== 'verdicts') continue;
      const verdict = { ...verdictReached.schema.parse(JSON.parse(String(record.value))), ceId: ceId(record) };
      (verdict.incident === null ? this.feared : this.told).push(verdict);
    }
    for (const record of changelog) this.#keep(received(record, 0));
    // The task follows its own table; what it told of the pipeline waits for that.
    for (const record of changelog) {
      if (record.key === pipelineKey(CANARY, 'watchdog'))
        this.#tell(this.#task.table(received(record, 0), this.now, false));
    }
  }

  #keep(record: InRecord): void {
    const table = this.tables.get(record.topic) ?? new Map<string, InRecord>();
    if (record.value === null) table.delete(String(record.key));
    else table.set(String(record.key), record);
    this.tables.set(record.topic, table);
  }
}
