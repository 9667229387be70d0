/** Ids in ascending order. Sorted when they are read, since detectors arrive by the thousand and mostly in order. */
export class SortedIds {
  #ids: number[] = [];
  #sorted = true;

  /** `id` must not be in it already. */
  add(id: number): void {
    const last = this.#ids.at(-1);
    if (last !== undefined && id < last) this.#sorted = false;
    this.#ids.push(id);
  }

  delete(id: number): void {
    this.#ids = this.#ids.filter((other) => other !== id);
  }

  /** The ids above `after`, lazily. */
  *above(after: number): Generator<number> {
    if (!this.#sorted) {
      this.#ids.sort((a, b) => a - b);
      this.#sorted = true;
    }
    for (let i = this.#firstAbove(after); i < this.#ids.length; i++) {
      const id = this.#ids[i];
      if (id !== undefined) yield id;
    }
  }

  #firstAbove(after: number): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] ?? 0) <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
