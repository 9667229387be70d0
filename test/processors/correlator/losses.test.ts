import { describe, expect, test } from 'vitest';
import { Desk, placeOf } from './desk.ts';

const HOLD = 3_000;
const FLOOR_1 = [1, 2, 3, 4];
const BRIDGE_A = [1, 2, 3, 4, 5, 6, 7, 8];
const ALL = [...BRIDGE_A, 9, 10, 11, 12];

function silent(desk: Desk, ids: readonly number[], at: number, episode = 1): void {
  for (const [i, id] of ids.entries()) desk.verdict(at + 10 * i, 'opened', id, { episode });
}

function heard(desk: Desk, ids: readonly number[], at: number): void {
  for (const [i, id] of ids.entries()) desk.verdict(at + 10 * i, 'closed', id);
}

describe('a whole floor that is lost', () => {
  test('is one fault that names who is behind it, and is over when all are heard', () => {
    const desk = new Desk();
    silent(desk, FLOOR_1, 0);
    desk.wait(HOLD);
    expect(desk.told).toMatchObject([
      { change: 'opened', kind: 'fault', subject: 'floor/1', floor: 1, detectors: FLOOR_1, behind: 4 },
    ]);
    expect(desk.told[0]?.reason).toBe(
      'None of the 4 detectors on floor 1 is heard any more. The first one: Detector 1: opened.',
    );
    heard(desk, FLOOR_1, 60_000);
    expect(desk.headlines()).toEqual(['opened floor/1', 'closed floor/1']);
    expect(desk.told[1]?.reason).toBe('All 4 detectors on floor 1 are heard again.');
    desk.wait(120_000);
    expect(desk.told).toHaveLength(2);
  });

  test('has an incident of its own each time', () => {
    const desk = new Desk();
    silent(desk, FLOOR_1, 0);
    desk.wait(HOLD);
    heard(desk, FLOOR_1, 60_000);
    silent(desk, FLOOR_1, 90_000, 2);
    desk.wait(100_000);
    expect(desk.headlines()).toEqual(['opened floor/1', 'closed floor/1', 'opened floor/1']);
    expect(desk.told[2]?.incident).not.toBe(desk.told[0]?.incident);
  });

  test('is broken up when only some return: who is still silent has a fault of its own', () => {
    const desk = new Desk();
    silent(desk, FLOOR_1, 0);
    desk.wait(HOLD);
    heard(desk, [1, 3], 60_000);
    desk.wait(60_010 + HOLD - 1);
    expect(desk.headlines()).toEqual(['opened floor/1']);
    desk.wait(60_010 + HOLD);
    expect(desk.headlines()).toEqual(['opened floor/1', 'closed floor/1', 'opened detector/2', 'opened detector/4']);
    expect(desk.told[1]?.reason).toContain('2 of 4 detectors on floor 1 are heard again');
    heard(desk, [2, 4], 90_000);
    expect(desk.headlines().slice(4)).toEqual(['closed detector/2', 'closed detector/4']);
  });

  test('stays one fault where those who returned fall silent again', () => {
    const desk = new Desk();
    silent(desk, FLOOR_1, 0);
    desk.wait(HOLD);
    heard(desk, [1], 60_000);
    desk.verdict(61_000, 'opened', 1, { episode: 2 });
    desk.wait(90_000);
    expect(desk.headlines()).toEqual(['opened floor/1']);
  });

  test('does not tell again of who was told of before', () => {
    const desk = new Desk();
    silent(desk, [1], 0);
    desk.wait(HOLD);
    silent(desk, [2, 3, 4], 60_000);
    desk.wait(70_000);
    expect(desk.headlines()).toEqual(['opened detector/1', 'opened floor/1']);
    expect(desk.told[1]).toMatchObject({ detectors: [2, 3, 4], behind: 3 });
    expect(desk.told[1]?.reason).toContain('Of 1 of them people were told before');
  });

  test('whose last one falls silent after all the others were told of is no news', () => {
    const desk = new Desk();
    for (const id of FLOOR_1) {
      silent(desk, [id], id * 10_000);
      desk.wait(id * 10_000 + HOLD);
    }
    expect(desk.headlines()).toEqual(FLOOR_1.map((id) => `opened detector/${id}`));
  });
});

describe('the largest scope', () => {
  test('is told: a bridge in place of its floors', () => {
    const desk = new Desk();
    silent(desk, BRIDGE_A, 0);
    desk.wait(HOLD);
    expect(desk.told).toMatchObject([{ subject: 'bridge/a', floor: null, detectors: BRIDGE_A, behind: 8 }]);
  });

  test('is told: the site in place of its bridges', () => {
    const desk = new Desk();
    silent(desk, ALL, 0);
    desk.wait(HOLD);
    expect(desk.headlines()).toEqual(['opened site']);
  });

  test('that grows after a floor was told has a fault for the others', () => {
    const desk = new Desk();
    silent(desk, FLOOR_1, 0);
    desk.wait(HOLD);
    silent(desk, [5, 6, 7, 8], 60_000);
    desk.wait(70_000);
    expect(desk.headlines()).toEqual(['opened floor/1', 'opened bridge/a']);
    expect(desk.told[1]).toMatchObject({ detectors: [5, 6, 7, 8], behind: 4 });
    heard(desk, BRIDGE_A, 80_000);
    expect(desk.headlines().slice(2)).toEqual(['closed floor/1', 'closed bridge/a']);
  });

  test('that is broken up leaves smaller ones', () => {
    const desk = new Desk();
    silent(desk, ALL, 0);
    desk.wait(HOLD);
    heard(desk, [5, 6, 9], 60_000);
    desk.wait(70_000);
    expect(desk.headlines().slice(1).sort()).toEqual(
      ['closed site', 'opened floor/1', ...[7, 8, 10, 11, 12].map((id) => `opened detector/${id}`)].sort(),
    );
  });
});

test('who falls silent in a scope that is told as lost joins it silently', () => {
  const desk = new Desk();
  silent(desk, FLOOR_1, 0);
  desk.wait(HOLD);
  desk.verdict(20_000, 'opened', 13, placeOf(1));
  desk.wait(60_000);
  expect(desk.headlines()).toEqual(['opened floor/1']);
  heard(desk, FLOOR_1, 70_000);
  desk.wait(90_000);
  expect(desk.headlines()).toEqual(['opened floor/1', 'closed floor/1', 'opened detector/13']);
});

test('gateways of three and more are scopes, two detectors are not a storm', () => {
  const desk = new Desk({ partition: 0, floors: { 1: 9 }, bridges: { a: 9 }, gateways: { g: 2, h: 3 } });
  for (const id of [1, 2]) desk.verdict(0, 'opened', id, { floor: 1, gateway: 'g' });
  for (const id of [3, 4, 5]) desk.verdict(0, 'opened', id, { floor: 1, gateway: 'h' });
  desk.wait(HOLD);
  expect(desk.headlines().sort()).toEqual(['opened detector/1', 'opened detector/2', 'opened gateway/h']);
});

test('who is left of a scope that is broken up joins a larger one that is told as lost', () => {
  const desk = new Desk({ partition: 0, floors: { 1: 9, 2: 3 }, bridges: { a: 12 }, gateways: { g: 4 } });
  const say = (at: number, change: 'opened' | 'closed', ids: readonly number[], floor: number) => {
    for (const id of ids) desk.verdict(at, change, id, { floor, bridge: 'a', gateway: id === 7 ? null : 'g' });
  };
  say(0, 'opened', [5, 6, 7], 2);
  desk.wait(HOLD);
  say(10_000, 'opened', [1, 2], 1);
  desk.wait(10_000 + HOLD);
  say(20_000, 'closed', [7], 2);
  desk.wait(20_000 + HOLD);
  expect(desk.headlines()).toEqual(['opened floor/2', 'opened gateway/g', 'closed floor/2']);
  say(30_000, 'closed', [5, 6], 2);
  say(30_000, 'closed', [1, 2], 1);
  expect(desk.headlines().slice(3)).toEqual(['closed gateway/g']);
});
