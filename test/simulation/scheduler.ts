import type { Clock, Timer } from '../../contracts/clock.ts';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
  cancelled: boolean;
}

/** Virtual time: one event after another, in the order of their times, then of their making. Times are ms from 0. */
export class Scheduler {
  readonly #heap: Event[] = [];
  #now = 0;
  #made = 0;
  #unsettled = false;

  get now(): number {
    return this.#now;
  }

  after(delayMs: number, happen: () => void): Timer {
    const event: Event = { at: this.#now + Math.max(0, delayMs), order: this.#made++, happen, cancelled: false };
    this.#push(event);
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  /** A promise was resolved: what waits for it goes on before the next event. */
  settle(): void {
    this.#unsettled = true;
  }

  async runUntil(end: number): Promise<void> {
    for (let next = this.#heap[0]; next && next.at <= end; next = this.#heap[0]) {
      this.#pop();
      if (next.cancelled) continue;
      this.#now = next.at;
      next.happen();
      if (!this.#unsettled) continue;
      this.#unsettled = false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = end;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || isBefore(above, event)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below && right && isBefore(right, below)) {
        child++;
        below = right;
      }
      if (!below || isBefore(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** One process's wall clock, off by `skewMs`; `run` decides when, and whether, a callback of that process happens. */
export function clockOf(scheduler: Scheduler, epochMs: number, run: (happen: () => void) => void): Clock {
  const after = (delayMs: number, fire: () => void): Timer => {
    let cancelled = false;
    const timer = scheduler.after(delayMs, () =>
      run(() => {
        if (!cancelled) fire();
      }),
    );
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  };
  return {
    now: () => epochMs + scheduler.now,
    after: (_name, delayMs, fire) => after(delayMs, fire),
    every: (_name, periodMs, fire) => {
      let timer = after(periodMs, function again() {
        timer = after(periodMs, again);
        fire();
      });
      return { cancel: () => timer.cancel() };
    },
  };
}
