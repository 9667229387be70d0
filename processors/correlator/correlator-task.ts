import { parseEvent } from '../../contracts/cloud-events.ts';
import { disablementChanged } from '../../contracts/disablements.ts';
import { messageOf, SmokewireError } from '../../contracts/errors.ts';
import { censusTaken, type Verdict, verdictReached } from '../../contracts/events.ts';
import type { InRecord } from '../../contracts/kafka-records.ts';
import { type Emission, NOTHING, type Task } from '../../transport/kafka/types.ts';
import { type Case, caseSchema } from './cases.ts';
import { Disablements, endRecord } from './disablement.ts';
import { FlappingDetectors } from './flapping-detectors.ts';
import { Journal } from './journal.ts';
import { MissingDetectors } from './missing-detectors.ts';
import { PlainFaults } from './plain-faults.ts';
import { Population } from './scopes.ts';

/** Who is woken later than this was asleep, in ms. */
const LATE_MS = 1_000;

export interface CorrelatorTaskOptions {
  readonly site: string;
  readonly canaryPeriodMs: number;
  readonly partition: number;
}

/** Turns the watchdog's verdicts into what people are told. All of a site stands in one partition; the tasks of the others rest. */
export class CorrelatorTask implements Task {
  readonly #population = new Population();
  readonly #disablements = new Disablements();
  readonly #journal: Journal;
  readonly #flapping: FlappingDetectors;
  readonly #missing: MissingDetectors;
  readonly #plain: PlainFaults;
  /** Whether what a predecessor left is taken up: that needs our clock. */
  #resumed = false;
  /** What was written over what is true, by key. */
  readonly #late = new Map<string, InRecord>();
  /** How far the log's time has come. */
  #reached = Number.NEGATIVE_INFINITY;
  /** Whether somebody else holds the partition, and we have not been told. */
  #succeeded = false;
  /** When we were awake last, and until when nothing is decided, since we woke up late. */
  #awakeAt = 0;
  #notBefore = 0;
  readonly #canaryPeriodMs: number;

  constructor({ site, canaryPeriodMs, partition }: CorrelatorTaskOptions) {
    this.#canaryPeriodMs = canaryPeriodMs;
    const journal = new Journal(partition);
    const disablements = this.#disablements;
    this.#journal = journal;
    this.#flapping = new FlappingDetectors({
      journal,
      pass: (verdict, now) => this.#plain.verdict(verdict, now),
      steady: (subject, now) => this.#missing.steady(subject, now),
      update: (fault, now) => this.#plain.update(fault, now),
    });
    this.#missing = new MissingDetectors({
      site,
      canaryPeriodMs,
      population: this.#population,
      disablements,
      flapping: this.#flapping,
      journal,
    });
    this.#plain = new PlainFaults({ journal, disablements });
  }

  table(record: InRecord, now: number, restoring: boolean): Emission {
    const { topic, value } = record;
    if (topic === disablementChanged.topic) return this.#disable(record, now, restoring);
    if (topic === censusTaken.topic) {
      if (value !== null) this.#population.count(parseEvent(record, [censusTaken]).data);
    } else if (restoring || !this.#resumed) {
      this.#succeed(record);
    } else {
      const whose = this.#journal.whose(record);
      if (whose === 'successor') this.#succeeded = true;
      if (whose !== 'predecessor' || this.#succeeded) return NOTHING;
      this.#contradict(record, now);
      return this.#journal.emission(now);
    }
    return NOTHING;
  }

  input(record: InRecord, now: number): Emission {
    const { data } = parseEvent(record, [verdictReached]);
    if (this.#succeeded) return NOTHING;
    this.#resume(now);
    this.#reached = Math.max(this.#reached, record.timestamp);
    this.#missing.reach({ at: this.#reached, now });
    if (isOfSilence(data)) {
      this.#flapping.verdict(data, now);
      this.#missing.verdict(data, { at: record.timestamp, now });
    } else this.#plain.verdict(data, now);
    return this.#journal.emission(now);
  }

  deadline(): number | undefined {
    if (this.#succeeded) return undefined;
    const parts = [this.#missing, this.#flapping, this.#plain];
    if (!this.#resumed && parts.some(({ waits }) => waits)) return 0;
    const next = this.#journal.isBehind ? this.#awakeAt : this.#nextDecision();
    return next === undefined ? undefined : Math.max(next, this.#notBefore);
  }

  #nextDecision(): number | undefined {
    const times = [this.#missing.deadline(), this.#flapping.deadline(), this.#disablements.nextEnd()];
    const next = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
    return Number.isFinite(next) ? next : undefined;
  }

  wake(now: number): Emission {
    if (this.#succeeded || this.#wasAsleep(now)) return NOTHING;
    this.#resume(now);
    this.#journal.catchUp();
    this.#missing.wake(now);
    this.#flapping.wake(now);
    // Said on the topic, they come back as every other order does.
    const ends = this.#disablements.takeEnded(now);
    const emission = this.#journal.emission(now);
    return { ...emission, outputs: [...ends.map((end) => endRecord(end, now)), ...emission.outputs] };
  }

  /**
   * Whether we wake up much too late. Somebody else may have taken over meanwhile, and verdicts may wait unread: that shows first
   * if we wait a little, once. Who has been late for long since there is so much to do has been awake.
   */
  #wasAsleep(now: number): boolean {
    const due = this.#resumed ? this.#nextDecision() : undefined;
    const late = now - Math.max(due ?? now, this.#awakeAt);
    const waited = this.#notBefore > 0;
    this.#awakeAt = now;
    this.#notBefore = 0;
    if (waited || late <= LATE_MS) return false;
    this.#notBefore = now + 2 * this.#canaryPeriodMs;
    return true;
  }

  /** What predecessors wrote, save for what one of them wrote who did not know that he was succeeded: that is contradicted in the end. */
  #succeed(record: InRecord): void {
    const key = String(record.key);
    if (this.#journal.succeed(record)) {
      this.#late.set(key, record);
      return;
    }
    this.#late.delete(key);
    if (record.value === null) this.#flapping.forget(key);
    else this.#recall(parseCase(record));
  }

  /** What somebody wrote who does not know that he was succeeded: what is true is written over it, and what he told is set right. */
  #contradict(record: InRecord, now: number): void {
    const theirs = record.value === null ? undefined : parseCase(record);
    if (theirs === undefined || theirs.is === 'flapping') this.#flapping.contradict(String(record.key));
    else if (theirs.is === 'plain') this.#plain.contradict(theirs, now);
    else this.#missing.contradict(theirs, now);
  }

  #resume(now: number): void {
    if (this.#resumed) return;
    this.#resumed = true;
    this.#journal.claim();
    this.#flapping.resume(now);
    this.#missing.resume(now);
    this.#plain.resume();
    for (const record of this.#late.values()) this.#contradict(record, now);
    this.#late.clear();
    this.#reconsider(now);
  }

  /** What planned silences kept from people is told where they are over. */
  #reconsider(now: number): void {
    this.#missing.reconsider(now);
    this.#plain.reconsider(now);
  }

  #disable(record: InRecord, now: number, restoring: boolean): Emission {
    this.#disablements.apply(parseEvent(record, [disablementChanged]).data);
    if (restoring || this.#succeeded) return NOTHING;
    this.#resume(now);
    this.#reconsider(now);
    return this.#journal.emission(now);
  }

  #recall(item: Case): void {
    if (item.is === 'plain') this.#plain.recall(item);
    else if (item.is === 'flapping') this.#flapping.recall(item);
    else this.#missing.recall(item);
  }
}

/** Whether nothing is heard of a detector, or it is feared. What else is wrong with one has nothing to do with others. */
function isOfSilence({ cause }: Verdict): boolean {
  return cause === 'silent' || cause === 'lost-connection';
}

function parseCase(record: InRecord): Case {
  try {
    return caseSchema.parse(JSON.parse(String(record.value)));
  } catch (cause) {
    throw new SmokewireError('RECORD_INVALID', `${record.topic}: not a case: ${messageOf(cause)}`, { cause });
  }
}
