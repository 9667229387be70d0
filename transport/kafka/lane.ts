import type { Clock, Timer } from '../../contracts/clock.ts';
import { messageOf, SmokewireError } from '../../contracts/errors.ts';
import type { InRecord, OutRecord } from '../../contracts/kafka-records.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Metrics } from '../../contracts/metrics.ts';
import { burial } from './burial.ts';
import type { Claim, Work } from './claim.ts';
import type { Emission, RecordBatch, RecordSink, Task, TaskDefinition } from './types.ts';

/** Batches of one partition that may be on their way out at once; more of them hold the next fetch back. */
const MOST_IN_FLIGHT = 8;
/** A task hears of so many records before it steps through them: more than that, and the first caches of a processor lose some again. */
const EXPECTED = 128;
/** A task whose `wake` fails is not woken again before this, in milliseconds. */
const AFTER_FAILURE_MS = 1_000;

/** Timers of a runtime overflow after 24 days; a task that is woken early has nothing to do and is armed again. */
const LONGEST_TIMER_MS = 86_400_000;

export interface LaneOptions {
  readonly claim: Claim;
  readonly definition: TaskDefinition;
  readonly sink: RecordSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Runs the task of one partition: restores it from its tables, then steps through its records. A step is done at once, in
 * memory; what it emits goes outputs, changelog, commit, each after the acknowledgement of the one before, while the next
 * batch is being read already.
 */
export class Lane implements Work {
  readonly #claim: Claim;
  readonly #definition: TaskDefinition;
  readonly #task: Task;
  readonly #sink: RecordSink;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  /** How its timer is called. */
  readonly #deadline: string;
  /** Tables that are not read to their end yet, with that end. */
  readonly #restoring = new Map<string, number>();
  /** What is emitted and not acknowledged, in order. */
  #tail: Promise<void> = Promise.resolve();
  #inFlight = 0;
  /** How many of these are left until those with notes are done. */
  #noted = 0;
  #timer: Timer | undefined;
  /** Whether something that the task asked for when it was woken is not acknowledged: it is woken again once it is. */
  #woken = false;
  #ended = false;
  /** Inputs that are read back, by topic: from where, and to which offset, below which all is committed already. */
  readonly #readBack = new Map<string, { readonly from: number; readonly to: number }>();
  /** Nothing after an emission that was cut off may be committed. */
  #cutOff = false;

  constructor({ claim, definition, sink, clock, log, metrics }: LaneOptions) {
    this.#claim = claim;
    this.#definition = definition;
    this.#sink = sink;
    this.#clock = clock;
    this.#log = log.child({ partition: claim.partition });
    this.#metrics = metrics;
    this.#deadline = `${definition.role} deadline of partition ${claim.partition}`;
    this.#task = definition.createTask(claim.partition, claim.partitions);
    for (const table of definition.tables ?? []) {
      const { start, end } = claim.extents.get(table) ?? { start: 0, end: 0 };
      if (start < end) this.#restoring.set(table, end);
      claim.read(table, start);
    }
    if (this.#restoring.size === 0) this.#restored();
  }

  take(batch: RecordBatch): void | Promise<void> {
    if (this.#ended) return undefined;
    const { topic, records, nextOffset } = batch;
    this.#metrics.consumed.inc({ role: this.#definition.role, topic }, records.length);
    if (this.#definition.tables?.includes(topic)) this.#follow(batch);
    else {
      let stepped = 0;
      const emissions = this.#each(records, (record, now) => {
        if (stepped % EXPECTED === 0) this.#task.expect?.(records.slice(stepped, stepped + EXPECTED));
        stepped++;
        return this.#task.input(record, now);
      });
      const metadata = this.#task.metadata?.(topic);
      const news = this.#isBeyondReadBack(batch);
      this.#emitAll(emissions, () => {
        if (news) this.#claim.done(topic, nextOffset, metadata);
      });
    }
    this.#arm();
    return this.#inFlight >= MOST_IN_FLIGHT ? this.#tail : undefined;
  }

  async finish(): Promise<void> {
    this.#ended = true;
    this.#timer?.cancel();
    this.#task.dropped?.();
    await this.#tail;
  }

  #follow({ topic, records, nextOffset }: RecordBatch): void {
    const end = this.#restoring.get(topic);
    const restoring = this.#restoring.size > 0;
    const emissions = this.#each(records, (record, now) => this.#task.table?.(record, now, restoring));
    if (!restoring) this.#emitAll(emissions, () => {});
    if (end === undefined || nextOffset < end) return;
    this.#restoring.delete(topic);
    if (this.#restoring.size === 0) this.#restored();
  }

  #restored(): void {
    const { inputs } = this.#definition;
    const begin = this.#task.restored?.(this.#claim.committed, this.#claim.extents);
    for (const topic of inputs) {
      const earliest = this.#claim.extents.get(topic)?.start ?? 0;
      const wanted = begin?.get(topic) ?? this.#claim.committed.get(topic)?.offset ?? earliest;
      const from = Math.max(wanted, earliest);
      const to = this.#claim.committed.get(topic)?.offset ?? 0;
      if (from < to) this.#readBack.set(topic, { from, to });
      this.#claim.read(topic, from);
    }
    this.#claim.ready();
    this.#arm();
  }

  /** Whether a batch leads beyond what is committed; in a topic that was made anew, all does. */
  #isBeyondReadBack({ topic, records, nextOffset }: RecordBatch): boolean {
    const readBack = this.#readBack.get(topic);
    if (readBack === undefined) return true;
    const anew = (records[0]?.offset ?? nextOffset) < readBack.from;
    if (!anew && nextOffset < readBack.to) return false;
    this.#readBack.delete(topic);
    return true;
  }

  /**
   * Steps through records; one that fails is buried, and the others go on. What they ask for is written together, but a note
   * only after all that came before it: a later note on the same matter would hide an earlier one.
   */
  #each(records: readonly InRecord[], step: (record: InRecord, now: number) => Emission | undefined): Emission[] {
    let outputs: OutRecord[] = [];
    let changelog: OutRecord[] = [];
    const emissions: Emission[] = [{ outputs, changelog }];
    for (const record of records) {
      const now = this.#clock.now();
      try {
        const emission = step(record, now);
        if (emission === undefined) continue;
        if (emission.notes !== undefined && emission.notes.length > 0) {
          outputs = [];
          changelog = [];
          emissions.push({ notes: emission.notes, outputs, changelog });
        }
        for (const output of emission.outputs) outputs.push(output);
        for (const entry of emission.changelog) changelog.push(entry);
      } catch (error) {
        const letter = this.#bury(record, error, now);
        if (letter) outputs.push(letter);
      }
    }
    return emissions;
  }

  #bury(record: InRecord, error: unknown, now: number): OutRecord | undefined {
    const { topic, partition, offset } = record;
    const { code, letter } = burial(record, error, now);
    const fields = { topic, partition, offset, code };
    if (code === 'STEP_FAILED') this.#log.error({ ...fields, error: messageOf(error) }, 'a step failed on a record');
    else this.#log.warn(fields, 'a record is invalid');
    if (!letter || this.#restoring.size > 0) return undefined;
    this.#metrics.deadLetters.inc({ topic, code });
    return letter;
  }

  #emitAll(emissions: readonly Emission[], after: () => void): void {
    for (const emission of emissions.slice(0, -1)) this.#emit(emission, () => {});
    const last = emissions.at(-1);
    if (last) this.#emit(last, after);
  }

  /** Writes notes, then outputs, then the changelog, then calls `after`; emissions stay in order. */
  #emit({ notes = [], outputs, changelog }: Emission, after: () => void): void {
    if (outputs.length === 0 && changelog.length === 0 && this.#inFlight === 0) {
      if (!this.#cutOff) after();
      return;
    }
    this.#inFlight++;
    if (notes.length > 0) this.#noted = this.#inFlight;
    // Nothing overtakes outputs that wait for their notes.
    const sent = this.#noted === 0 ? this.#send(outputs) : this.#sendNoted(this.#tail, notes, outputs);
    this.#tail = this.#write(this.#tail, sent, changelog, after);
  }

  async #sendNoted(before: Promise<void>, notes: readonly OutRecord[], outputs: readonly OutRecord[]): Promise<void> {
    await before;
    if (!this.#cutOff) await this.#send(notes);
    if (!this.#cutOff) await this.#send(outputs);
  }

  async #write(before: Promise<void>, sent: Promise<void>, changelog: readonly OutRecord[], after: () => void) {
    await before;
    await sent;
    if (!this.#cutOff) await this.#send(changelog);
    this.#inFlight--;
    if (this.#noted > 0) this.#noted--;
    if (!this.#cutOff) after();
  }

  async #send(records: readonly OutRecord[]): Promise<void> {
    if (records.length === 0) return;
    try {
      await this.#sink.send(records);
    } catch (error) {
      if (error instanceof SmokewireError && error.code !== 'STOPPED') {
        // It would be refused for ever: the partition must not stand still for it.
        this.#log.error({ code: error.code, error: error.message }, 'Kafka refuses a record, which is lost');
      } else {
        this.#cutOff = true;
        if (!this.#ended) this.#claim.abandon(error);
      }
    }
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    // What a task has much of to say it says at the pace at which Kafka takes it, and fills no memory while Kafka takes nothing.
    if (this.#ended || this.#woken || this.#restoring.size > 0) return;
    const deadline = this.#task.deadline?.();
    if (deadline === undefined) return;
    const delay = Math.min(Math.max(0, deadline - this.#clock.now()), LONGEST_TIMER_MS);
    this.#timer = this.#clock.after(this.#deadline, delay, () => this.#wake());
  }

  #wake(): void {
    try {
      const emission = this.#task.wake?.(this.#clock.now());
      if (emission && (emission.outputs.length > 0 || emission.changelog.length > 0)) {
        this.#woken = true;
        this.#emit(emission, () => {});
        void this.#tail.then(() => {
          this.#woken = false;
          this.#arm();
        });
      }
      this.#arm();
    } catch (error) {
      this.#log.error({ code: 'STEP_FAILED', error: messageOf(error) }, 'a task failed when its time came');
      this.#timer = this.#clock.after(this.#deadline, AFTER_FAILURE_MS, () => this.#arm());
    }
  }
}
