/** What stands in a calendar; `day` is the calendar's own note on it, NOT_PLANNED at first. */
export interface Planned {
  day: number;
}
export const NOT_PLANNED = -1;

/**
 * Who has to be looked at by when, in days of equal width, so that neither a signal nor a canary costs a look at everybody: a
 * signal moves nothing, and who is looked at too early is planned again.
 */
export class Calendar<T extends Planned> {
  readonly #width: number;
  readonly #days = new Map<number, T[]>();
  #today = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** To be looked at on the day of `time`, instead of when it was planned before; today where that day is past. */
  plan(item: T, time: number): void {
    const day = Math.max(this.#today, Math.floor(time / this.#width));
    if (item.day === day) return;
    item.day = day;
    const planned = this.#days.get(day);
    if (planned) planned.push(item);
    else this.#days.set(day, [item]);
  }

  /** Calls `look` with everyone planned up to and including the day of `now`; it may plan them again. */
  until(now: number, look: (item: T) => void): void {
    const first = this.#today;
    this.#today = Math.max(first, Math.floor(now / this.#width));
    for (let day = first; day <= this.#today; day++) {
      const planned = this.#days.get(day);
      if (!planned) continue;
      this.#days.delete(day);
      // Whoever is planned for today while we look waits for the next time.
      for (const item of planned) {
        if (item.day !== day) continue;
        item.day = NOT_PLANNED;
        look(item);
      }
    }
  }
}
