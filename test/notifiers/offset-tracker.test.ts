import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OffsetTracker } from '../../notifiers/offset-tracker.ts';

/** Offsets as a partition has them: rising, with gaps. */
const offsets = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 60 }).map((gaps) => {
  let offset = -1;
  return gaps.map((gap) => {
    offset += gap;
    return offset;
  });
});

describe('OffsetTracker', () => {
  it('never commits past a record that is not finished, and commits all that is before it', () => {
    const orders = offsets.chain((taken) =>
      fc.tuple(fc.constant(taken), fc.shuffledSubarray(taken, { minLength: taken.length })),
    );
    fc.assert(
      fc.property(orders, ([taken, order]) => {
        const tracker = new OffsetTracker();
        for (const offset of taken) expect(tracker.take(offset)).toBe(true);
        const finished = new Set<number>();
        let watermark = 0;
        for (const offset of order) {
          finished.add(offset);
          const moved = tracker.finish(offset);
          if (moved !== undefined) {
            expect(moved).toBeGreaterThan(watermark);
            watermark = moved;
          }
          const firstOpen = taken.find((one) => !finished.has(one));
          expect(watermark <= (firstOpen ?? Number.POSITIVE_INFINITY)).toBe(true);
          expect(taken.filter((one) => one >= watermark && one < (firstOpen ?? Number.POSITIVE_INFINITY))).toEqual([]);
          expect(tracker.open).toBe(taken.length - finished.size);
        }
        expect(watermark).toBe((taken.at(-1) ?? 0) + 1);
      }),
    );
  });

  it('takes no record twice', () => {
    const tracker = new OffsetTracker();
    expect([5, 7, 5, 7, 6, 8].map((offset) => tracker.take(offset))).toEqual([true, true, false, false, false, true]);
    expect(tracker.open).toBe(3);
  });

  it('stays small over a long life', () => {
    const tracker = new OffsetTracker();
    for (let offset = 0; offset < 100_000; offset++) {
      tracker.take(offset);
      if (offset >= 10 && tracker.finish(offset - 10) !== offset - 9) expect.unreachable(`at ${offset}`);
    }
    expect(tracker.open).toBe(10);
  });
});
