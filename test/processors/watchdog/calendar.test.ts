import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Calendar } from '../../../processors/watchdog/calendar.ts';
import { Detectors } from '../../../processors/watchdog/detectors.ts';

const WIDTH = 10;
const ROWS = 5;

test('everybody is looked at by the day it was planned for, the earliest one counts, and nobody is forgotten', () => {
  const step = fc.oneof(
    fc.record({ row: fc.nat(ROWS - 1), inMs: fc.oneof(fc.nat(200), fc.nat(200_000)) }),
    fc.record({ passMs: fc.oneof(fc.nat(30), fc.nat(100_000)) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const detectors = new Detectors();
      for (let id = 0; id < ROWS; id++) detectors.add(id);
      const calendar = new Calendar(WIDTH, detectors);
      const due = new Map<number, number>();
      let now = 0;
      for (const one of [...steps, { passMs: 300_000 }]) {
        if ('row' in one) {
          calendar.plan(one.row, now + one.inMs);
          const before = due.get(one.row) ?? Number.POSITIVE_INFINITY;
          due.set(one.row, Math.min(before, Math.floor((now + one.inMs) / WIDTH)));
          expect(calendar.has(one.row)).toBe(true);
          continue;
        }
        now += one.passMs;
        const today = Math.floor(now / WIDTH);
        const looked = new Set<number>();
        calendar.until(now, (row) => {
          looked.add(row);
          // Too early: it is planned again.
          const day = due.get(row);
          if (day !== undefined && day > today) calendar.plan(row, day * WIDTH);
        });
        for (const [row, day] of [...due]) {
          if (day > today) continue;
          expect(looked).toContain(row);
          due.delete(row);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('a page is looked at once, however many stand on it', () => {
  const detectors = new Detectors();
  const calendar = new Calendar(WIDTH, detectors);
  for (let id = 0; id < 1_000; id++) calendar.plan(detectors.add(id), 50);
  const looks: number[] = [];
  calendar.until(49, (row) => looks.push(row));
  expect(looks).toEqual([]);
  calendar.until(50, (row) => looks.push(row));
  expect(looks).toHaveLength(1_000);
  calendar.until(100_000, (row) => looks.push(row));
  expect(looks).toHaveLength(1_000);
});
