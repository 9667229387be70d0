import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Detectors, FLAG, NO_ROW } from '../../../processors/watchdog/detectors.ts';
import { RowIndex } from '../../../processors/watchdog/row-index.ts';
import { MOST_LONG, Rows } from '../../../processors/watchdog/rows.ts';

const LAYOUT = { words: 2, longs: 3, halves: 3, bytes: 3 } as const;

test('a row keeps each of its numbers, whatever is written beside it', () => {
  const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const long = fc.oneof(fc.integer({ min: 0, max: MOST_LONG }), fc.constantFrom(0, MOST_LONG, 2 ** 32, 2 ** 32 - 1));
  const write = fc.record({
    // Rows of two chunks.
    row: fc.constantFrom(0, 1, 2, 16_383, 16_384, 16_385),
    to: fc.oneof(
      fc.tuple(fc.constant('word'), fc.nat(1), word),
      fc.tuple(fc.constant('long'), fc.nat(2), long),
      fc.tuple(fc.constant('half'), fc.nat(2), fc.nat(0xffff)),
      fc.tuple(fc.constant('byte'), fc.nat(2), fc.nat(0xff)),
    ),
  });
  fc.assert(
    fc.property(fc.array(write, { maxLength: 60 }), (writes) => {
      const rows = new Rows(LAYOUT);
      while (rows.size < 16_386) rows.add();
      const kept = new Map<string, number>();
      for (const { row, to } of writes) {
        const [size, at, value] = to;
        if (size === 'word') rows.setWord(row, at, value);
        else if (size === 'long') rows.setLong(row, at, value);
        else if (size === 'half') rows.setHalf(row, at, value);
        else rows.setByte(row, at, value);
        kept.set(`${row} ${size} ${at}`, value);
      }
      for (const row of [0, 1, 2, 16_383, 16_384, 16_385]) {
        for (const at of [0, 1]) expect(rows.word(row, at)).toBe(kept.get(`${row} word ${at}`) ?? 0);
        for (const at of [0, 1, 2]) {
          expect(rows.long(row, at)).toBe(kept.get(`${row} long ${at}`) ?? 0);
          expect(rows.half(row, at)).toBe(kept.get(`${row} half ${at}`) ?? 0);
          expect(rows.byte(row, at)).toBe(kept.get(`${row} byte ${at}`) ?? 0);
        }
      }
    }),
    { numRuns: 20 },
  );
});

test('the index finds whom it was given, of ids in a row, in steps and at random, and nobody else', () => {
  const runs = [
    Array.from({ length: 20_000 }, (_, i) => i),
    Array.from({ length: 20_000 }, (_, i) => i * 65_536),
    Array.from({ length: 20_000 }, (_, i) => Math.imul(i, 2_654_435_769) >>> 0),
  ];
  for (const run of runs) {
    const ids = [...new Set(run.map((id) => id % (2 ** 32 - 1)))];
    const index = new RowIndex((row) => ids[row] ?? -1);
    for (const [row, id] of ids.entries()) {
      expect(index.find(id)).toBe(-1);
      index.add(id, row);
    }
    expect(ids.every((id, row) => index.find(id) === row)).toBe(true);
    expect(index.find(4_000_000_001)).toBe(-1);
  }
});

test('ids that have much in common stand no closer together: each is found in a few steps', () => {
  const count = 200_000;
  const ids: number[] = [];
  for (let id = 1; ids.length < count; id += 1 + (Math.imul(id, 0x9e37_79b1) >>> 30)) ids.push(id);
  const index = new RowIndex((row) => ids[row] ?? -1);
  for (const [row, id] of ids.entries()) index.add(id, row);
  expect(ids.every((id, row) => index.find(id) === row)).toBe(true);
});

test('a detector may have any id, floor and heartbeat, and fall silent as often as it likes', () => {
  const detectors = new Detectors();
  const ids = [0, 1, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, -7];
  const numbers = [0, 1, -1, 65_534, 65_535, 65_536, 2 ** 40];
  for (const id of ids) expect(detectors.find(id)).toBe(NO_ROW);
  const rows = ids.map((id) => detectors.add(id));
  for (const [i, row] of rows.entries()) {
    expect(detectors.find(ids[i] ?? 0.5)).toBe(row);
    expect(detectors.id(row)).toBe(ids[i]);
    for (const number of numbers) {
      detectors.setFloor(row, number);
      expect(detectors.floor(row)).toBe(number);
      detectors.setTold(row, 4, Date.UTC(9_999, 0), Math.abs(number), Math.abs(number) - 1);
      expect(detectors.episode(row)).toBe(Math.abs(number));
      expect(detectors.toldOffset(row)).toBe(Math.abs(number) - 1);
      expect(detectors.toldSince(row)).toBe(Date.UTC(9_999, 0));
    }
    for (const bridge of [0, 1, 254, 255, 256, 70_000, 3]) {
      detectors.setBridge(row, bridge);
      expect(detectors.bridge(row)).toBe(bridge);
    }
  }
  expect(detectors.size).toBe(ids.length);
});

test('so many different heartbeats that they have no codes left are kept all the same', () => {
  const detectors = new Detectors();
  const count = 66_000;
  for (let i = 0; i < count; i++) {
    const row = detectors.add(i);
    detectors.setHeartbeat(row, 10 + i);
    detectors.setJudged(row, 10 + i, i);
  }
  for (const row of [0, 1, 65_533, 65_534, 65_535, count - 1]) {
    expect(detectors.heartbeat(row)).toBe(10 + row);
    expect(detectors.judgedHeartbeat(row)).toBe(10 + row);
    expect(detectors.judgedFrom(row)).toBe(row);
  }
});

test('a signal leaves what was told as it was', () => {
  const detectors = new Detectors();
  const row = detectors.add(8);
  detectors.setTold(row, 5, 1, 2, 3);
  detectors.mark(row, FLAG.overdue, true);
  detectors.hear(row, true, 4, 5);
  expect(detectors.toldState(row)).toBe(5);
  expect([FLAG.overdue, FLAG.heard, FLAG.timed, FLAG.fire].map((flag) => detectors.is(row, flag))).toEqual([
    false,
    true,
    true,
    true,
  ]);
  expect(detectors.heardAt(row)).toBe(4);
  expect(detectors.stamp(row)).toBe(5);
});

test('whoever is expected, known or not, what is known stays as it was', () => {
  const detectors = new Detectors();
  const ids = [0, 7, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 40, -7];
  const rows = ids.map((id) => detectors.add(id));
  const strangers = [1, 2 ** 33, -8, Number.NaN];
  detectors.expect([...strangers, ...ids, ...ids]);
  detectors.expect([]);
  expect(ids.map((id) => detectors.find(id))).toEqual(rows);
  expect(rows.map((row) => detectors.id(row))).toEqual(ids);
  expect(strangers.map((id) => detectors.find(id))).toEqual(strangers.map(() => NO_ROW));
  expect(detectors.size).toBe(ids.length);
});
