import { type Detectors, FLAG } from './detectors.ts';

/** When a detector was announced, by the clock of which bridge; an empty name where nobody said. */
export interface Announcement {
  readonly at: number;
  readonly bridge: string;
}

/** The same with the bridge's number; 0 where nobody said. */
interface Numbered {
  readonly at: number;
  readonly by: number;
}

/**
 * Those who were announced at a time that the log has not reached yet, as far as it is read, by their row. Times are compared by
 * the clock that stamped them, so only with records of the same bridge.
 */
export class Announcements {
  readonly #detectors: Detectors;
  /** Of those who were heard before: the others' stand in their rows, where their last signal will. */
  readonly #apart = new Map<number, Numbered>();
  /** Who waits for a time; some of them do no longer. */
  #waiting: number[] = [];
  /** The earliest time that is waited for, by the number of the bridge. */
  readonly #earliest = new Map<number, number>();
  /** Those of whom a predecessor noted at which offset the log had reached them, the lowest one first; how many are reached. */
  #noted = new Uint32Array();
  #reached = 0;
  /** Those of them who were announced anew since. */
  readonly #anew = new Set<number>();

  constructor(detectors: Detectors) {
    this.#detectors = detectors;
  }

  add(row: number, at: number, by: number): void {
    const detectors = this.#detectors;
    const wasHeard = detectors.is(row, FLAG.timed);
    const isFree = detectors.bridge(row) === 0 || (this.has(row) && !this.#apart.has(row));
    if (!wasHeard) detectors.setHeardAt(row, at);
    if (!wasHeard && isFree) detectors.setBridge(row, by);
    else this.#apart.set(row, { at, by });
    if (this.#noted.length > 0) this.#anew.add(row);
    detectors.mark(row, FLAG.waiting, true);
    this.#waiting.push(row);
    this.#expect(at, by);
  }

  has(row: number): boolean {
    return this.#detectors.is(row, FLAG.waiting);
  }

  delete(row: number): void {
    this.#detectors.mark(row, FLAG.waiting, false);
    this.#apart.delete(row);
  }

  /**
   * The log reached `at` by the clock of `bridge`, with a signal of the detector's own, which is about to take its place in the
   * row. Answers whether the detector waits no longer.
   */
  heard(row: number, bridge: number, at: number): boolean {
    if (!this.has(row)) return false;
    const announcement = this.#of(row);
    const isReached = announcement.by === bridge && announcement.at <= at;
    if (isReached) this.delete(row);
    else this.#apart.set(row, announcement);
    return isReached;
  }

  /** A predecessor may have noted at which offset the log had reached them. */
  resume(isNoted: (row: number) => boolean): void {
    const detectors = this.#detectors;
    const noted = Uint32Array.from(this.#waiting.filter((row) => this.has(row) && isNoted(row)));
    this.#waiting = this.#waiting.filter((row) => !isNoted(row));
    this.#noted = noted.sort((a, b) => detectors.judgedFrom(a) - detectors.judgedFrom(b));
    this.#reached = 0;
    this.#anew.clear();
  }

  /** The log reached `offset`, and `at` by the clock of `bridge`: calls `begin` with who waited for that, and its announcer. */
  reached(offset: number, bridge: number, at: number, begin: (row: number, announcer: number) => void): void {
    this.#takeNoted(offset, begin);
    this.#takeDue(bridge, at, begin);
  }

  #takeNoted(offset: number, begin: (row: number, announcer: number) => void): void {
    const noted = this.#noted;
    if (noted.length === 0) return;
    let end = this.#reached;
    for (let row = noted[end]; row !== undefined && this.#detectors.judgedFrom(row) <= offset; row = noted[end]) end++;
    // In the order of their rows they are looked at ever after: what lies in a row is quickly looked at.
    for (const row of noted.subarray(this.#reached, end).sort()) {
      if (this.has(row) && !this.#anew.has(row)) this.#take(row, begin);
    }
    this.#reached = end;
    if (end < noted.length) return;
    this.#noted = new Uint32Array();
    this.#anew.clear();
  }

  #takeDue(bridge: number, at: number, begin: (row: number, announcer: number) => void): void {
    const due = (by: number, announcedAt: number) => (by === bridge || by === 0) && announcedAt <= at;
    if (![...this.#earliest].some(([by, announcedAt]) => due(by, announcedAt))) return;
    this.#earliest.clear();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const row of waiting) {
      if (!this.has(row)) continue;
      const announcement = this.#of(row);
      if (due(announcement.by, announcement.at)) this.#take(row, begin);
      else {
        this.#waiting.push(row);
        this.#expect(announcement.at, announcement.by);
      }
    }
  }

  #take(row: number, begin: (row: number, announcer: number) => void): void {
    const { by } = this.#of(row);
    this.delete(row);
    begin(row, by);
  }

  #of(row: number): Numbered {
    return this.#apart.get(row) ?? { at: this.#detectors.heardAt(row), by: this.#detectors.bridge(row) };
  }

  #expect(at: number, by: number): void {
    this.#earliest.set(by, Math.min(this.#earliest.get(by) ?? Number.POSITIVE_INFINITY, at));
  }
}
