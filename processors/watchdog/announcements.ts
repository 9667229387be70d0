/** Who was announced when, by the clock of which bridge; an empty name where nobody said. */
export interface Announced {
  announcedAt: number;
  announcedBy: string;
}

/**
 * Those who were announced at a time that the log has not reached yet, as far as it is read. Times are compared by the clock that
 * stamped them, so only with records of the same bridge.
 */
export class Announcements<T extends Announced> {
  /** Each with the offset at which the log is known to have reached it, where a predecessor noted that. */
  readonly #waiting = new Map<T, number | undefined>();
  /** The earliest time that is waited for, by bridge. */
  readonly #earliest = new Map<string, number>();
  /** Those with an offset, the lowest one last. */
  #noted: T[] = [];

  add(item: T): void {
    this.#waiting.set(item, undefined);
    this.#expect(item);
  }

  delete(item: T): boolean {
    return this.#waiting.delete(item);
  }

  has(item: T): boolean {
    return this.#waiting.has(item);
  }

  /** A predecessor noted at which offset the log had reached each of these. */
  resume(noted: ReadonlyMap<T, number>): void {
    for (const [item, offset] of noted) if (this.#waiting.has(item)) this.#waiting.set(item, offset);
    this.#noted = [...noted.keys()].sort((a, b) => (noted.get(b) ?? 0) - (noted.get(a) ?? 0));
  }

  /** The log reached `offset`, and `at` by the clock of `bridge`. */
  reached(offset: number, bridge: string, at: number): T[] {
    return this.#waiting.size === 0 ? [] : [...this.#takeNoted(offset), ...this.#takeDue(bridge, at)];
  }

  #takeNoted(offset: number): T[] {
    const reached: T[] = [];
    for (let item = this.#noted.at(-1); item; item = this.#noted.at(-1)) {
      const noted = this.#waiting.get(item);
      if (noted !== undefined && noted > offset) break;
      this.#noted.pop();
      if (noted !== undefined && this.#waiting.delete(item)) reached.push(item);
    }
    return reached;
  }

  #takeDue(bridge: string, at: number): T[] {
    const due = (by: string, announcedAt: number) => (by === bridge || by === '') && announcedAt <= at;
    if (![...this.#earliest].some(([by, announcedAt]) => due(by, announcedAt))) return [];
    this.#earliest.clear();
    const reached: T[] = [];
    for (const [item, noted] of this.#waiting) {
      if (noted !== undefined) continue;
      if (!due(item.announcedBy, item.announcedAt)) this.#expect(item);
      else if (this.#waiting.delete(item)) reached.push(item);
    }
    return reached;
  }

  #expect({ announcedAt, announcedBy }: T): void {
    const earliest = this.#earliest.get(announcedBy) ?? Number.POSITIVE_INFINITY;
    this.#earliest.set(announcedBy, Math.min(earliest, announcedAt));
  }
}
