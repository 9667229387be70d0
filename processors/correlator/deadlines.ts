interface Entry<T> {
  readonly item: T;
  readonly at: number;
}

/** What falls due when: a heap, from which what was put off or taken out is dropped once it comes up. */
export class Deadlines<T> {
  readonly #current = new Map<T, Entry<T>>();
  readonly #heap: Entry<T>[] = [];

  /** Due at `at`, instead of when it was due before. */
  set(item: T, at: number): void {
    const entry = { item, at };
    this.#current.set(item, entry);
    const heap = this.#heap;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (!above || above.at <= at) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  delete(item: T): void {
    this.#current.delete(item);
  }

  /** When the first one is due; undefined where none is. */
  next(): number | undefined {
    for (let first = this.#heap[0]; first; first = this.#heap[0]) {
      if (this.#current.get(first.item) === first) return first.at;
      this.#pop();
    }
    return undefined;
  }

  /** Takes out the first one that is due by `now`. */
  take(now: number): T | undefined {
    const at = this.next();
    const [first] = this.#heap;
    if (at === undefined || at > now || !first) return undefined;
    this.#pop();
    this.#current.delete(first.item);
    return first.item;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below && right && right.at < below.at) {
        child++;
        below = right;
      }
      if (!below || last.at <= below.at) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = last;
  }
}
