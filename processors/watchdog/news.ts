/** Rows of which something else may be true than was told, in the order in which it came about; once or more than once. */
export class News {
  #first: readonly number[] = [];
  /** How many of the first are taken. */
  #taken = 0;
  #others: number[] = [];
  /** Everybody from here on up to there is to be looked at before these. */
  #sweepFrom = 0;
  #sweepTo = 0;

  add(row: number): void {
    this.#others.push(row);
  }

  /** Something else may be true of everybody; there are `size` of them. */
  sweep(size: number): void {
    this.#first = [];
    this.#taken = 0;
    this.#others = [];
    this.#sweepFrom = 0;
    this.#sweepTo = size;
  }

  take(): number | undefined {
    if (this.#sweepFrom < this.#sweepTo) return this.#sweepFrom++;
    if (this.#taken === this.#first.length) {
      this.#first = this.#others;
      this.#taken = 0;
      this.#others = [];
      if (this.#first.length === 0) return undefined;
    }
    return this.#first[this.#taken++];
  }
}
