import { type Disablement, disabledUntil } from '../../contracts/disablements.ts';

/** Planned silences, by `detector/7` or `floor/3`. They may be known before what they are about is. */
export class Disablements {
  readonly #until = new Map<string, string>();

  /** Until when, RFC 3339; null where the subject is not disabled. */
  until(subject: string): string | null {
    return this.#until.get(subject) ?? null;
  }

  /** Until when a detector's faults are not told: by its own planned silence, or by its floor's. */
  ofDetector(id: number, floor: number): string | null {
    const own = this.until(`detector/${id}`);
    const floors = this.until(`floor/${floor}`);
    if (own === null || floors === null) return own ?? floors;
    return Date.parse(own) > Date.parse(floors) ? own : floors;
  }

  /** Answers whether that is news. */
  apply(change: Disablement): boolean {
    const before = this.until(change.subject);
    const after = disabledUntil(before, change);
    if (after === null) this.#until.delete(change.subject);
    else this.#until.set(change.subject, after);
    return after !== before;
  }
}
