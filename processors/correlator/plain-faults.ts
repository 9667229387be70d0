import type { Notification, Verdict } from '../../contracts/events.ts';
import { type Plain, plainKey } from './cases.ts';
import type { Disablements } from './disablement.ts';
import type { FlappingStep } from './flapping.ts';
import type { Journal } from './journal.ts';
import { SUCCEEDED_REASON } from './wording.ts';

/** So many incidents that are over are remembered of each fault. */
const MOST_REMEMBERED = 32;

/**
 * Faults that are told at once: nothing is gained by waiting for others like them. The pipeline's is found by each process of each
 * watchdog for itself, and is one incident for people.
 */
export class PlainFaults {
  readonly #journal: Journal;
  readonly #disablements: Disablements;
  readonly #cases = new Map<string, Plain>();
  /** Those that planned silences keep from people. */
  readonly #disabled = new Set<Plain>();

  constructor({ journal, disablements }: { journal: Journal; disablements: Disablements }) {
    this.#journal = journal;
    this.#disablements = disablements;
  }

  recall(item: Plain): void {
    this.#cases.set(plainKey(item.subject, item.cause), item);
  }

  resume(): void {
    for (const item of this.#cases.values()) {
      if (item.untold) this.#journal.changed(item);
      if (item.told === null && Object.keys(item.open).length > 0) this.#disabled.add(item);
    }
  }

  get waits(): boolean {
    return this.#cases.size > 0;
  }

  verdict(verdict: Verdict, now: number): void {
    const { incident, change } = verdict;
    if (incident === null) return;
    const item = this.#case(verdict);
    if (item.over.includes(incident)) return;
    if (change === 'opened') this.#opened(item, incident, verdict, now);
    else if (change === 'closed') this.#closed(item, incident, verdict, now);
  }

  /** A fault of a detector that comes and goes goes on: where people know of it, the panel shows how. */
  update({ subject, incident, reason }: NonNullable<FlappingStep['updated']>, now: number): void {
    const item = this.#cases.get(plainKey(subject, 'flapping'));
    if (item?.told === incident) this.#tell(item, incident, 'updated', reason, now);
  }

  /** A planned silence is over: what is still wrong is told. */
  reconsider(now: number): void {
    for (const item of this.#disabled) {
      const [incident] = Object.keys(item.open);
      if (incident === undefined) this.#disabled.delete(item);
      else this.#release(item, incident, now);
    }
  }

  /** Who was succeeded wrote this over what we know. */
  contradict({ subject, cause, told, untold }: Plain, now: number): void {
    const ours = this.#cases.get(plainKey(subject, cause));
    if (!ours) return;
    this.#journal.changed(ours);
    // It is set right once people are told.
    if (told === null || told === ours.told || untold) return;
    if (ours.told === null && ours.open[told] !== undefined) ours.told = told;
    else this.#tell(ours, told, 'closed', SUCCEEDED_REASON, now);
  }

  #opened(item: Plain, incident: string, { group, reason }: Verdict, now: number): void {
    if (item.open[incident] !== undefined) return;
    item.open[incident] = group;
    item.reason = reason;
    this.#journal.changed(item);
    if (item.told === null) this.#release(item, incident, now);
  }

  /** It is told, unless a planned silence keeps it from people. */
  #release(item: Plain, incident: string, now: number): void {
    if (this.#disablements.until(item.subject, item.floor, now) !== undefined) {
      this.#disabled.add(item);
      return;
    }
    this.#disabled.delete(item);
    item.told = incident;
    this.#tell(item, incident, 'opened', item.reason, now);
  }

  /** Who hears all of it again has proved for everybody that it is over. */
  #closed(item: Plain, incident: string, { group, reason }: Verdict, now: number): void {
    const known = item.open[incident] !== undefined;
    const { [incident]: _, ...open } = item.open;
    item.open = open;
    item.over.push(incident);
    if (known && !Object.values(open).includes(group)) {
      item.over.push(...Object.keys(open));
      item.open = {};
      if (item.told !== null) this.#tell(item, item.told, 'closed', reason, now);
      item.told = null;
    }
    item.over = item.over.slice(-MOST_REMEMBERED);
    this.#journal.changed(item);
  }

  #tell(item: Plain, incident: string, change: Notification['change'], reason: string, now: number): void {
    const { subject, floor, cause } = item;
    const [kind, id] = subject.split('/');
    const detectors = kind === 'detector' ? [Number(id)] : [];
    this.#journal.tell(item, { subject, floor, cause, detectors, incident, change, reason }, now);
  }

  #case({ subject, cause, floor, reason }: Verdict): Plain {
    const key = plainKey(subject, cause);
    const known = this.#cases.get(key) ?? {
      is: 'plain',
      subject,
      cause,
      floor,
      told: null,
      reason,
      open: {},
      over: [],
    };
    this.#cases.set(key, known);
    return known;
  }
}
