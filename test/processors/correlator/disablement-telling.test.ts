import { describe, expect, it, test } from 'vitest';
import { type CrashPoint, Desk } from './desk.ts';

const MINUTE = 60_000;
const FLOOR_1 = [1, 2, 3, 4];
const POINTS: readonly CrashPoint[] = [
  'before notes',
  'before outputs',
  'after outputs',
  'after changelog',
  'after commit',
];

describe('while it is disabled', () => {
  it('a detector that falls silent is told when the end comes', () => {
    const desk = new Desk();
    desk.order(0, 'detector/1', 10 * MINUTE);
    desk.verdict(MINUTE, 'opened', 1);
    desk.verdict(MINUTE, 'opened', 5);
    desk.wait(10 * MINUTE - 1);
    expect(desk.headlines()).toEqual(['opened detector/5']);
    desk.wait(10 * MINUTE);
    expect(desk.headlines()).toEqual(['opened detector/5', 'opened detector/1']);
    expect(desk.orders.at(-1)).toMatchObject({ subject: 'detector/1', change: 'ended' });
    desk.verdict(11 * MINUTE, 'closed', 1);
    expect(desk.headlines().at(-1)).toBe('closed detector/1');
  });

  it('one that is heard again by then is not told of at all', () => {
    const desk = new Desk();
    desk.order(0, 'floor/1', 10 * MINUTE);
    desk.verdict(MINUTE, 'opened', 1);
    desk.verdict(2 * MINUTE, 'closed', 1);
    desk.wait(20 * MINUTE);
    expect(desk.headlines()).toEqual([]);
  });

  it('one that is enabled is told at once', () => {
    const desk = new Desk();
    desk.order(0, 'detector/1', 60 * MINUTE);
    desk.verdict(MINUTE, 'opened', 1);
    desk.order(5 * MINUTE, 'detector/1', undefined);
    desk.wait(5 * MINUTE);
    expect(desk.headlines()).toEqual(['opened detector/1']);
    desk.wait(70 * MINUTE);
    expect(desk.orders.map(({ change }) => change)).toEqual(['disabled', 'enabled']);
  });

  it('one that is held when it is disabled is not told', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    desk.order(1_000, 'detector/1', 10 * MINUTE);
    desk.wait(9 * MINUTE);
    expect(desk.headlines()).toEqual([]);
    desk.wait(10 * MINUTE);
    expect(desk.headlines()).toEqual(['opened detector/1']);
  });

  it('a fault that was told before is closed when it is over', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    desk.order(MINUTE, 'detector/1', 10 * MINUTE);
    desk.verdict(2 * MINUTE, 'closed', 1);
    expect(desk.headlines()).toEqual(['opened detector/1', 'closed detector/1']);
  });

  it('a longer silence takes the place of a shorter one, and a floor’s counts beside a detector’s own', () => {
    const desk = new Desk();
    desk.order(0, 'detector/1', MINUTE);
    desk.order(0, 'detector/1', 5 * MINUTE);
    desk.order(0, 'floor/1', 8 * MINUTE);
    desk.verdict(30_000, 'opened', 1);
    desk.wait(8 * MINUTE - 1);
    expect(desk.headlines()).toEqual([]);
    desk.wait(8 * MINUTE);
    expect(desk.headlines()).toEqual(['opened detector/1']);
  });

  it('a floor of which nobody is heard is one fault once its end comes', () => {
    const desk = new Desk();
    desk.order(0, 'floor/1', 10 * MINUTE);
    for (const id of FLOOR_1) desk.verdict(MINUTE, 'opened', id);
    desk.wait(9 * MINUTE);
    expect(desk.headlines()).toEqual([]);
    desk.wait(10 * MINUTE);
    expect(desk.headlines()).toEqual(['opened floor/1']);
    for (const id of FLOOR_1) desk.verdict(11 * MINUTE, 'closed', id);
    expect(desk.headlines()).toEqual(['opened floor/1', 'closed floor/1']);
  });

  it('a detector is no part of what others are told of, until its end comes', () => {
    const desk = new Desk();
    desk.order(0, 'detector/1', 10 * MINUTE);
    desk.verdict(MINUTE, 'opened', 1);
    desk.wait(2 * MINUTE);
    for (const id of [2, 3, 4]) desk.verdict(3 * MINUTE, 'opened', id);
    desk.wait(4 * MINUTE);
    expect(desk.headlines()).toEqual(['opened floor/1']);
    expect(desk.told[0]?.detectors).toEqual([2, 3, 4]);
    desk.wait(11 * MINUTE);
    for (const id of FLOOR_1) desk.verdict(12 * MINUTE, 'closed', id);
    expect(desk.headlines()).toEqual(['opened floor/1', 'closed floor/1']);
  });

  it('every fault of a detector waits, but none of the pipeline', () => {
    const desk = new Desk();
    desk.order(0, 'floor/1', 10 * MINUTE);
    desk.verdict(MINUTE, 'opened', 1, { cause: 'babbling' });
    desk.verdict(MINUTE, 'opened', 2, { cause: 'babbling' });
    desk.verdict(2 * MINUTE, 'closed', 2, { cause: 'babbling' });
    desk.verdict(MINUTE, 'opened', 0, { cause: 'pipeline', subject: 'pipeline', floor: null });
    expect(desk.headlines()).toEqual(['opened pipeline']);
    desk.wait(10 * MINUTE);
    expect(desk.headlines()).toEqual(['opened pipeline', 'opened detector/1']);
    desk.verdict(11 * MINUTE, 'closed', 1, { cause: 'babbling' });
    expect(desk.headlines().at(-1)).toBe('closed detector/1');
  });
});

describe.each(POINTS)('killed %s', (crash) => {
  test('when an end comes', () => {
    const desk = new Desk();
    desk.order(0, 'floor/1', 10 * MINUTE);
    desk.verdict(MINUTE, 'opened', 1);
    desk.verdict(MINUTE, 'opened', 2, { cause: 'babbling' });
    desk.wait(9 * MINUTE);
    desk.restart();
    desk.wait(10 * MINUTE, crash);
    desk.restart();
    desk.wait(20 * MINUTE);
    expect(desk.headlines().sort()).toEqual(['opened detector/1', 'opened detector/2']);
    expect(new Set(desk.told.map(({ ceId }) => ceId)).size).toBe(2);
    expect(desk.orders.at(-1)).toMatchObject({ change: 'ended' });
  });

  test('when one is enabled', () => {
    const desk = new Desk();
    desk.order(0, 'detector/1', 10 * MINUTE);
    desk.verdict(MINUTE, 'opened', 1);
    desk.wait(2 * MINUTE);
    desk.order(5 * MINUTE, 'detector/1', undefined, crash);
    desk.restart();
    desk.wait(20 * MINUTE);
    expect(desk.headlines()).toEqual(['opened detector/1']);
    expect(new Set(desk.told.map(({ ceId }) => ceId)).size).toBe(1);
  });
});

test('an end that came while nobody watched is told by who watches next', () => {
  const desk = new Desk();
  desk.order(0, 'detector/1', 10 * MINUTE);
  desk.verdict(MINUTE, 'opened', 1);
  desk.wait(2 * MINUTE);
  desk.sleep(30 * MINUTE);
  desk.restart();
  desk.wait(30 * MINUTE);
  expect(desk.headlines()).toEqual(['opened detector/1']);
});
