import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimerQueue } from '../../../app/kit/timer-queue.ts';
import type { Timer } from '../../../contracts/clock.ts';

/** The same as a list that is sorted anew at each look. */
class SortedList {
  #timers: { name: string; at: number; last: boolean; order: number }[] = [];
  #count = 0;

  add(name: string, at: number, last: boolean): number {
    this.#timers.push({ name, at, last, order: this.#count });
    return this.#count++;
  }

  cancel(order: number): void {
    this.#timers = this.#timers.filter((timer) => timer.order !== order);
  }

  take() {
    const [next] = this.list();
    if (next) this.cancel(next.order);
    return next;
  }

  list() {
    return this.#timers.toSorted(
      (a, b) =>
        a.at - b.at ||
        Number(a.last) - Number(b.last) ||
        Number(a.name > b.name) - Number(a.name < b.name) ||
        a.order - b.order,
    );
  }
}

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: fc.nat(20), name: fc.constantFrom('a', 'b', 'c'), last: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant('take' as const) },
  { weight: 3, arbitrary: fc.record({ cancel: fc.nat(400) }) },
);

test('is a list sorted by time, then by who comes last, by name, and by age', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 400 }), (acts) => {
      const queue = new TimerQueue();
      const list = new SortedList();
      const timers: Timer[] = [];
      const plain = (timer: { name: string; at: number } | undefined) => timer && { name: timer.name, at: timer.at };
      for (const one of acts) {
        if (one === 'take') {
          expect(plain(queue.take())).toEqual(plain(list.take()));
        } else if ('cancel' in one) {
          timers[one.cancel]?.cancel();
          list.cancel(one.cancel);
        } else {
          timers.push(queue.add(one.name, one.add, () => {}, { last: one.last }));
          list.add(one.name, one.add, one.last);
        }
        expect(plain(queue.next)).toEqual(plain(list.list()[0]));
      }
      expect(queue.list().map(plain)).toEqual(list.list().map(plain));
    }),
    { numRuns: 50 },
  );
});

test('many that are cancelled do not stay', () => {
  const queue = new TimerQueue();
  const timers = Array.from({ length: 10_000 }, (_, i) => queue.add('t', i, () => {}));
  for (const timer of timers.slice(0, -1)) timer.cancel();
  expect(queue.list()).toHaveLength(1);
  expect(queue.next?.at).toBe(9_999);
});

test('a timer that was taken is cancelled in vain, and cancelling twice counts once', () => {
  const queue = new TimerQueue();
  const first = queue.add('first', 1, () => {});
  queue.add('second', 2, () => {});
  expect(queue.take()?.name).toBe('first');
  first.cancel();
  first.cancel();
  expect(queue.list().map(({ name }) => name)).toEqual(['second']);
});
