/** A queue whose ends are both cheap: `Array.shift` on ten thousand waiting notices is not. */
export class Fifo<T> {
  #items: T[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#first];
    if (this.#first >= this.#items.length) return undefined;
    this.#first += 1;
    if (this.#first > 1_024 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** Drops every item for which `keep` answers false. */
  retain(keep: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#first).filter(keep);
    this.#first = 0;
  }
}
