/**
 * What of a partition may be committed while its records finish in any order: everything before the first that is not
 * finished. Offsets may have gaps (compaction, transaction markers), so "before" is counted in records taken.
 */
export class OffsetTracker {
  /** Taken and not yet below the watermark, in order; those before `#first` are. */
  #taken: number[] = [];
  #first = 0;
  readonly #finished = new Set<number>();
  #newest = -1;

  /** Takes a record in hand; false where it, or one after it, has been taken before: then it is a repetition. */
  take(offset: number): boolean {
    if (offset <= this.#newest) return false;
    this.#newest = offset;
    this.#taken.push(offset);
    return true;
  }

  /** The record is done with. Answers the offset to commit, that of the next record to read, where that moved. */
  finish(offset: number): number | undefined {
    this.#finished.add(offset);
    let watermark: number | undefined;
    for (let next = this.#taken[this.#first]; next !== undefined; next = this.#taken[this.#first]) {
      if (!this.#finished.delete(next)) break;
      this.#first += 1;
      watermark = next + 1;
    }
    this.#compact();
    return watermark;
  }

  /** How many were taken and are not finished. */
  get open(): number {
    return this.#taken.length - this.#first - this.#finished.size;
  }

  #compact(): void {
    if (this.#first < 1_024 || this.#first * 2 < this.#taken.length) return;
    this.#taken = this.#taken.slice(this.#first);
    this.#first = 0;
  }
}
