import type { Timer } from '../../contracts/clock.ts';

export interface QueuedTimer {
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly fire: () => void;
  /** It comes after all the others of its instant. */
  readonly last: boolean;
  readonly order: number;
  cancelled: boolean;
}

/**
 * Timers by their time: a binary heap, out of which the cancelled ones fall when they come to its top. Those of one instant come
 * in the order of their names, since the order in which they were set may be that of sockets; of one name, in that order.
 */
export class TimerQueue {
  readonly #heap: QueuedTimer[] = [];
  #count = 0;
  #cancelled = 0;

  add(name: string, at: number, fire: () => void, { last = false } = {}): Timer {
    const timer: QueuedTimer = { name, at, fire, last, order: this.#count++, cancelled: false };
    this.#rise(this.#heap.push(timer) - 1, timer);
    return {
      cancel: () => {
        if (timer.cancelled) return;
        timer.cancelled = true;
        this.#cancelled++;
        if (this.#cancelled > 64 && this.#cancelled > this.#heap.length / 2) this.#sweep();
      },
    };
  }

  /** The next one; it stays. */
  get next(): QueuedTimer | undefined {
    while (this.#heap[0]?.cancelled) {
      this.#pop();
      this.#cancelled--;
    }
    return this.#heap[0];
  }

  /** Takes the next one out. */
  take(): QueuedTimer | undefined {
    const { next } = this;
    if (next) {
      this.#pop();
      // It has fired: to cancel it means nothing any more.
      next.cancelled = true;
    }
    return next;
  }

  list(): QueuedTimer[] {
    return this.#heap.filter(({ cancelled }) => !cancelled).sort(compare);
  }

  #sweep(): void {
    const left = this.list();
    this.#heap.splice(0, this.#heap.length, ...left);
    this.#cancelled = 0;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last && this.#heap.length > 0) this.#sink(last);
  }

  #rise(from: number, timer: QueuedTimer): void {
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = this.#heap[up];
      if (!parent || compare(parent, timer) <= 0) break;
      this.#heap[at] = parent;
      at = up;
    }
    this.#heap[at] = timer;
  }

  #sink(timer: QueuedTimer): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [this.#heap[left], this.#heap[left + 1]];
      const child = a && b && compare(b, a) < 0 ? b : a;
      if (!child || compare(timer, child) <= 0) break;
      this.#heap[at] = child;
      at = child === a ? left : left + 1;
    }
    this.#heap[at] = timer;
  }
}

function compare(a: QueuedTimer, b: QueuedTimer): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.last !== b.last) return a.last ? 1 : -1;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.order - b.order;
}
