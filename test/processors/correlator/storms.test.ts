import { describe, expect, test } from 'vitest';
import { Desk, T0 } from './desk.ts';

const HOLD = 3_000;
/** What one step may ask for: half a thousand are told, noted before and afterwards, and as many are written late. */
const MOST_RECORDS = 2_000;
const FLOOR_1 = [1, 2, 3, 4];

/** Detectors by tens on floors, all behind one bridge; `extra` more of each floor are registered. */
function deskOf(count: number, extra = 0): Desk {
  const floors = Object.fromEntries(Array.from({ length: count / 10 }, (_, floor) => [floor, 10 + extra]));
  return new Desk({ partition: 0, floors, bridges: { a: count + (extra * count) / 10 }, gateways: {} });
}

const place = (id: number) => ({ floor: Math.floor(id / 10), bridge: 'a', gateway: null });

function silent(desk: Desk, count: number, atOf: (id: number) => number = () => 0): void {
  for (let id = 0; id < count; id++) desk.verdict(atOf(id), 'opened', id, place(id));
}

test.each([
  ['one after the other', 1_200, (id: number) => 10 * id],
  ['in portions', 1_200, (id: number) => 900 * Math.floor(id / 200)],
  ['for more than a minute', 3_500, (id: number) => 20 * id],
])('a storm that comes %s is waited for', (_, count, atOf) => {
  const desk = deskOf(count);
  silent(desk, count, atOf);
  desk.wait(90_000);
  expect(desk.headlines()).toEqual(['opened site']);
  expect(desk.told[0]).toMatchObject({ behind: count });
  expect(desk.told[0]?.detectors).toHaveLength(50);
});

test.each([
  ['100 s after it began', 4_000, 91_000],
  ['half a minute, if its window leaves less', 90_000, 30_000],
])('no storm is waited for longer than %s', (_, windowMs, until) => {
  const desk = deskOf(6_000);
  for (let id = 0; id < 5_000; id++) desk.verdict(20 * id, 'opened', id, { ...place(id), windowMs });
  const [first] = desk.told;
  // The hundredth begins it.
  expect(Date.parse(first?.at ?? '') - T0).toBeGreaterThanOrEqual(until + 20 * 99);
  expect(Date.parse(first?.at ?? '') - T0).toBeLessThan(until + 20 * 101);
});

test('a storm that is waited for no longer is decided about in portions, though its verdicts are read many at once', () => {
  const desk = deskOf(3_000, 1);
  for (let id = 0; id < 1_700; id++) desk.say(20 * id, 'opened', id, { ...place(id), windowMs: 90_000 });
  desk.read(34_000);
  desk.wait(70_000);
  expect(desk.told).toHaveLength(1_700);
  expect(desk.largest).toBeLessThanOrEqual(MOST_RECORDS);
});

describe('a storm is written in portions', () => {
  test('of which the first one tells that all are lost', () => {
    const desk = deskOf(3_000);
    silent(desk, 3_000);
    desk.decide(HOLD);
    expect(desk.headlines()).toEqual(['opened site']);
    desk.wait(HOLD);
    for (let id = 0; id < 3_000; id++) desk.verdict(HOLD, 'closed', id, place(id));
    expect(desk.headlines()).toEqual(['opened site', 'closed site']);
    expect(desk.largest).toBeLessThanOrEqual(MOST_RECORDS);
  });

  test('where each is told by itself', () => {
    const desk = deskOf(3_000, 1);
    silent(desk, 3_000);
    desk.decide(HOLD);
    expect(desk.told.length).toBeLessThan(3_000);
    desk.wait(HOLD);
    expect(new Set(desk.headlines()).size).toBe(3_000);
    expect(desk.largest).toBeLessThanOrEqual(MOST_RECORDS);
  });

  test('where it is broken up, and when a successor takes over', () => {
    const desk = deskOf(3_000);
    silent(desk, 3_000);
    desk.wait(HOLD);
    for (let id = 0; id < 3_000; id += 10) desk.verdict(60_000, 'closed', id, place(id));
    desk.restart();
    desk.wait(60_000 + HOLD);
    expect(desk.headlines()).toHaveLength(2 + 2_700);
    expect(desk.largest).toBeLessThanOrEqual(MOST_RECORDS);
  });

  test('and who is late with them since there are so many has not been asleep', () => {
    const desk = deskOf(3_000, 1);
    silent(desk, 3_000);
    const portions = [0, 800, 1_600, 2_400, 3_200, 4_000].map((later) => {
      desk.sleep(HOLD + later);
      desk.decide(HOLD + later);
      return desk.told.length;
    });
    expect(portions).toEqual([500, 1_000, 1_500, 2_000, 2_500, 3_000]);
  });
});

test('who was asleep waits a little, though there is something left to write', () => {
  const floors = Object.fromEntries(Array.from({ length: 300 }, (_, floor) => [floor, 10]));
  const desk = new Desk({ partition: 0, floors: { ...floors, 999: 2 }, bridges: { a: 3_002 }, gateways: {} });
  desk.verdict(0, 'opened', 9_999, { floor: 999, bridge: 'a', gateway: null, heartbeatMs: 2_000 });
  silent(desk, 3_000);
  desk.decide(HOLD);
  const told = desk.told.length;
  desk.sleep(20_000);
  desk.decide(20_000);
  expect(desk.decide(20_000 + 2 * 1_000 - 1)).toBe(false);
  desk.wait(30_000);
  expect(desk.told.length).toBeGreaterThan(told);
});

describe('killed before it wrote who belongs to a lost floor', () => {
  const lost = () => {
    const desk = new Desk();
    for (const id of FLOOR_1) desk.verdict(id, 'opened', id);
    desk.decide(HOLD + 10);
    desk.wait(HOLD + 10, 'before notes');
    return desk;
  };

  test('its successor knows', () => {
    const desk = lost();
    desk.restart();
    for (const id of FLOOR_1) {
      expect(desk.headlines()).toEqual(['opened floor/1']);
      desk.verdict(70_000, 'closed', id);
    }
    expect(desk.headlines()).toEqual(['opened floor/1', 'closed floor/1']);
  });

  test('its successor knows, even where a larger scope was lost after that', () => {
    const desk = lost();
    const others = [5, 6, 7, 8, 9, 10, 11, 12];
    for (const id of others) desk.verdict(10_000, 'opened', id);
    desk.wait(10_000 + HOLD);
    desk.restart();
    for (const id of others) desk.verdict(70_000, 'closed', id);
    expect(desk.headlines()).toEqual(['opened floor/1', 'opened site', 'closed site']);
    for (const id of FLOOR_1) desk.verdict(80_000, 'closed', id);
    expect(desk.headlines().slice(3)).toEqual(['closed floor/1']);
  });
});

test('a verdict costs the same, however many are silent', () => {
  const COUNT = 20_000;
  const desk = deskOf(COUNT);
  // Of each half thousand what it takes, in processor time; of many the median is not that of who else works here.
  const costs = (change: 'opened' | 'closed', at: number): number[] => {
    const each: number[] = [];
    for (let id = 0; id < COUNT; id += 500) {
      const begun = process.cpuUsage();
      for (let next = id; next < id + 500; next++) desk.verdict(at, change, next, place(next));
      each.push(process.cpuUsage(begun).user);
    }
    return each;
  };
  const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0;
  const opened = costs('opened', 0);
  desk.wait(HOLD);
  const closed = costs('closed', HOLD);
  expect(desk.headlines()).toEqual(['opened site', 'closed site']);
  const few = median([...opened.slice(4, 12), ...closed.slice(-8)]);
  expect(median(opened.slice(-8))).toBeLessThan(2.5 * few);
  expect(median(closed.slice(4, 12))).toBeLessThan(2.5 * few);
}, 60_000);
