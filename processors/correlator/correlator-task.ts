import { parseEvent } from '../../contracts/cloud-events.ts';
import { messageOf, SmokewireError } from '../../contracts/errors.ts';
import { censusTaken, type Verdict, verdictReached } from '../../contracts/events.ts';
import type { InRecord } from '../../contracts/kafka-records.ts';
import { type Emission, NOTHING, type Task } from '../../transport/kafka/types.ts';
import { type Case, caseSchema } from './cases.ts';
import { Journal } from './journal.ts';
import { MissingDetectors } from './missing-detectors.ts';
import { PlainFaults } from './plain-faults.ts';
import { Population } from './scopes.ts';

export interface CorrelatorTaskOptions {
  readonly site: string;
  readonly canaryPeriodMs: number;
  readonly partition: number;
}

/** Turns the watchdog's verdicts into what people are told. All of a site stands in one partition; the tasks of the others rest. */
export class CorrelatorTask implements Task {
  readonly #population = new Population();
  readonly #journal: Journal;
  readonly #missing: MissingDetectors;
  readonly #plain: PlainFaults;
  /** Whether what a predecessor left is taken up: that needs our clock. */
  #resumed = false;
  /** How far the log's time has come. */
  #reached = Number.NEGATIVE_INFINITY;

  constructor({ site, canaryPeriodMs, partition }: CorrelatorTaskOptions) {
    this.#journal = new Journal(partition);
    this.#missing = new MissingDetectors({
      site,
      canaryPeriodMs,
      population: this.#population,
      journal: this.#journal,
    });
    this.#plain = new PlainFaults(this.#journal);
  }

  table(record: InRecord, _now: number, restoring: boolean): Emission {
    if (record.value === null) return NOTHING;
    if (record.topic === censusTaken.topic) this.#population.count(parseEvent(record, [censusTaken]).data);
    else if (restoring) this.#recall(parseCase(record));
    return NOTHING;
  }

  input(record: InRecord, now: number): Emission {
    const { data } = parseEvent(record, [verdictReached]);
    this.#resume(now);
    this.#reached = Math.max(this.#reached, record.timestamp);
    this.#missing.reach({ at: this.#reached, now });
    if (isOfSilence(data)) this.#missing.verdict(data, { at: record.timestamp, now });
    else this.#plain.verdict(data, now);
    return this.#journal.emission(now);
  }

  deadline(): number | undefined {
    if (!this.#resumed) return this.#missing.waits || this.#plain.waits ? 0 : undefined;
    return this.#missing.deadline();
  }

  wake(now: number): Emission {
    this.#resume(now);
    this.#missing.wake(now);
    return this.#journal.emission(now);
  }

  #resume(now: number): void {
    if (this.#resumed) return;
    this.#resumed = true;
    this.#missing.resume(now);
    this.#plain.resume();
  }

  #recall(item: Case): void {
    if (item.is === 'plain') this.#plain.recall(item);
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
