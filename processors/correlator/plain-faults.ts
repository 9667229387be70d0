import type { Verdict } from '../../contracts/events.ts';
import { type Plain, plainKey } from './cases.ts';
import type { Journal } from './journal.ts';

/** So many incidents that are over are remembered of each fault. */
const MOST_REMEMBERED = 32;

/**
 * Faults that are told at once: nothing is gained by waiting for others like them. The pipeline's is found by each process of each
 * watchdog for itself, and is one incident for people.
 */
export class PlainFaults {
  readonly #journal: Journal;
  readonly #cases = new Map<string, Plain>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  recall(item: Plain): void {
    this.#cases.set(plainKey(item.subject, item.cause), item);
  }

  resume(): void {
    for (const item of this.#cases.values()) if (item.untold) this.#journal.changed(item);
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

  #opened(item: Plain, incident: string, { group, reason }: Verdict, now: number): void {
    if (item.open[incident] !== undefined) return;
    item.open[incident] = group;
    this.#journal.changed(item);
    if (item.told !== null) return;
    item.told = incident;
    this.#tell(item, incident, 'opened', reason, now);
  }

  /** Who hears all of it again has proved for everybody that it is over. */
  #closed(item: Plain, incident: string, { group, reason }: Verdict, now: number): void {
    const known = item.open[incident] !== undefined;
    const { [incident]: _, ...open } = item.open;
    item.open = open;
    item.over.push(incident);
    if (known && item.told !== null && !Object.values(open).includes(group)) {
      item.over.push(...Object.keys(open));
      item.open = {};
      this.#tell(item, item.told, 'closed', reason, now);
      item.told = null;
    }
    item.over = item.over.slice(-MOST_REMEMBERED);
    this.#journal.changed(item);
  }

  #tell(item: Plain, incident: string, change: 'opened' | 'closed', reason: string, now: number): void {
    const { subject, floor } = item;
    const [kind, id] = subject.split('/');
    const detectors = kind === 'detector' ? [Number(id)] : [];
    this.#journal.tell(item, { subject, floor, detectors, incident, change, reason }, now);
  }

  #case({ subject, cause, floor }: Verdict): Plain {
    const key = plainKey(subject, cause);
    const known = this.#cases.get(key) ?? { is: 'plain', subject, cause, floor, told: null, open: {}, over: [] };
    this.#cases.set(key, known);
    return known;
  }
}
