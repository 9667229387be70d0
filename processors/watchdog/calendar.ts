/** Where the calendar keeps who stands on which page: a list through the rows themselves, no row on two of them. All 0 at first. */
export interface Links {
  next(row: number): number;
  setNext(row: number, next: number): void;
  slot(row: number): number;
  setSlot(row: number, slot: number): void;
}

/** Further ahead nobody is planned, but looked at in vain: once an hour or so, with days of a second. */
const PAGES = 4_096;
const ON_PAGES = PAGES - 1;

/**
 * Who has to be looked at by when, in days of equal width, so that neither a signal nor a canary costs a look at everybody: a
 * signal moves nothing, and who is looked at too early is planned again. A timing wheel (Varghese and Lauck, 1987): the pages
 * of the next days, each the head of a list of rows.
 */
export class Calendar {
  readonly #width: number;
  readonly #links: Links;
  /** The first row of each page and one more; 0 for an empty one. */
  readonly #pages = new Int32Array(PAGES);
  /** Those who are looked at earlier than their page says. */
  readonly #early = new Map<number, number[]>();
  #today = 0;

  constructor(width: number, links: Links) {
    this.#width = width;
    this.#links = links;
  }

  has(row: number): boolean {
    return this.#links.slot(row) !== 0;
  }

  /** To be looked at on the day of `time`, or before; today where that day is past. */
  plan(row: number, time: number): void {
    const inDays = Math.min(Math.max(0, Math.floor(time / this.#width) - this.#today), ON_PAGES);
    const day = this.#today + inDays;
    const slot = this.#links.slot(row);
    if (slot === 0) this.#put(row, day & ON_PAGES);
    else if (inDays < ((slot - 1 - this.#today) & ON_PAGES)) this.#putEarly(row, day);
  }

  /** Calls `look` with everyone planned up to and including the day of `now`; it may plan them again. */
  until(now: number, look: (row: number) => void): void {
    const first = this.#today;
    this.#today = Math.max(first, Math.floor(now / this.#width));
    // Whoever is planned for today while we look waits for the next time.
    const lists: number[] = [];
    for (let day = Math.max(first, this.#today - ON_PAGES); day <= this.#today; day++) {
      lists.push(this.#pages[day & ON_PAGES] ?? 0);
      this.#pages[day & ON_PAGES] = 0;
    }
    for (const list of lists) this.#lookAt(list, look);
    if (this.#early.size > 0) this.#lookEarly(look);
  }

  #lookAt(list: number, look: (row: number) => void): void {
    for (let entry = list; entry !== 0; ) {
      const row = entry - 1;
      entry = this.#links.next(row);
      this.#links.setSlot(row, 0);
      look(row);
    }
  }

  #lookEarly(look: (row: number) => void): void {
    for (const [day, rows] of [...this.#early]) {
      if (day > this.#today) continue;
      this.#early.delete(day);
      for (const row of rows) look(row);
    }
  }

  #put(row: number, page: number): void {
    this.#links.setNext(row, this.#pages[page] ?? 0);
    this.#links.setSlot(row, page + 1);
    this.#pages[page] = row + 1;
  }

  #putEarly(row: number, day: number): void {
    const rows = this.#early.get(day);
    if (rows) rows.push(row);
    else this.#early.set(day, [row]);
  }
}
