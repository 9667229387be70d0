import { Registry } from 'prom-client';
import type { Clock, Timer } from '../../contracts/clock.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import type { Logger } from '../../contracts/logger.ts';
import { createMetrics } from '../../contracts/metrics.ts';
import { Lane } from '../../transport/kafka/lane.ts';
import type { RecordSink, TaskDefinition } from '../../transport/kafka/types.ts';
import { clockOf } from './scheduler.ts';
import { Tenure, type TenureOptions } from './tenure.ts';
import { Traced } from './traced.ts';
import { T0, type World } from './world.ts';

const METRICS = createMetrics(new Registry());
const silently = () => {};
const SILENT: Logger = { debug: silently, info: silently, warn: silently, error: silently, child: () => SILENT };

/** How long a record takes to the log, and the acknowledgement back; in ms. */
const PRODUCE_MS = 40;
const RETRY_MS = 50;

interface Sending {
  readonly records: readonly OutRecord[];
  readonly at: number;
  readonly acknowledge: () => void;
}

export interface ProcessOptions {
  readonly name: string;
  readonly definition: TaskDefinition;
  /** How far its wall clock is off, in ms. */
  readonly skewMs: number;
  readonly onCrash: () => void;
}

/** A process that runs a role, the watchdog or the correlator: the real lanes and tasks, on a wire and a clock of the simulation. It can die, or stand still. */
export class RoleProcess implements RecordSink {
  readonly name: string;
  alive = true;
  readonly tenures = new Map<number, Tenure>();
  readonly #world: World;
  readonly #options: ProcessOptions;
  readonly #clock: Clock;
  #standsStillUntil = 0;
  readonly #traced: Traced;
  /** What is handed to the producer, in order; the first one is on its way. */
  readonly #outbox: Sending[] = [];

  constructor(world: World, options: ProcessOptions) {
    this.name = options.name;
    this.#world = world;
    this.#options = options;
    this.#traced = new Traced(options.definition, options.name);
    const epoch = T0 + options.skewMs;
    this.#clock = clockOf(world.scheduler, epoch, (happen) => this.#whenAwake(happen));
  }

  get standsStill(): boolean {
    return this.#standsStillUntil > this.#world.scheduler.now;
  }

  /** The tenure that judges now: alive, awake, and caught up with its tables. */
  watches(partition: number): Tenure | undefined {
    const tenure = this.tenures.get(partition);
    return this.alive && !this.standsStill && tenure?.caughtUp ? tenure : undefined;
  }

  /** A timer of this process: it waits while the process stands still, and is gone with it. */
  after(delayMs: number, happen: () => void): Timer {
    return this.#world.scheduler.after(delayMs, () => this.#whenAwake(happen));
  }

  gain(options: TenureOptions): void {
    const tenure = new Tenure(this.#world, this, options);
    this.tenures.set(options.partition, tenure);
    tenure.lane = new Lane({
      claim: tenure,
      definition: this.#traced.definition,
      sink: this,
      clock: this.#clock,
      log: SILENT,
      metrics: METRICS,
    });
    this.#world.scheduler.settle();
  }

  /** Lets all its work end, in order; nothing of that happens once it is dead. */
  async release(): Promise<void> {
    const tenures = [...this.tenures.values()];
    this.tenures.clear();
    await Promise.all(tenures.map((tenure) => tenure.end()));
  }

  standStill(ms: number): void {
    this.#standsStillUntil = Math.max(this.#standsStillUntil, this.#world.scheduler.now + ms);
  }

  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    this.tenures.clear();
    this.#options.onCrash();
  }

  /** A point between two effects. */
  mayCrash(): boolean {
    if (this.alive && this.#world.chance.of(this.#world.crashRate)) this.crash();
    return !this.alive;
  }

  /** Resolves once Kafka has the records; never, if the process dies before. */
  send(records: readonly OutRecord[]): Promise<void> {
    return new Promise((resolve) => {
      this.#outbox.push({ records, at: this.#world.scheduler.now, acknowledge: resolve });
      if (this.#outbox.length === 1) this.#transmit();
    });
  }

  #whenAwake(happen: () => void): void {
    if (!this.alive) return;
    if (this.standsStill) {
      const { scheduler } = this.#world;
      scheduler.after(this.#standsStillUntil - scheduler.now, () => this.#whenAwake(happen));
      return;
    }
    happen();
    this.#world.scheduler.settle();
  }

  #transmit(): void {
    if (this.mayCrash()) return;
    const { scheduler, chance } = this.#world;
    scheduler.after(chance.int(0, PRODUCE_MS), () => this.#arrive());
  }

  /** The request reaches Kafka, although its sender may be dead by now. */
  #arrive(): void {
    const [sending] = this.#outbox;
    const { scheduler, chance, log, said } = this.#world;
    if (!sending) return;
    if (!log.up) {
      if (this.alive) scheduler.after(RETRY_MS, () => this.#arrive());
      return;
    }
    // The dead one's request may be cut off, between any two partitions.
    const partially = !this.alive;
    const cutOff = new Map<string, boolean>();
    for (const record of sending.records) {
      const partition = `${record.topic}/${record.partition ?? record.key}`;
      if (!cutOff.has(partition)) cutOff.set(partition, partially && chance.of(0.5));
      if (cutOff.get(partition)) continue;
      log.append(record);
      said.push({ at: sending.at, appendedAt: scheduler.now, cause: this.#traced.causeOf(record), record });
    }
    if (this.mayCrash()) return;
    this.after(chance.int(0, PRODUCE_MS), () => {
      this.#outbox.shift();
      sending.acknowledge();
      if (!this.mayCrash() && this.#outbox.length > 0) this.#transmit();
    });
  }
}
