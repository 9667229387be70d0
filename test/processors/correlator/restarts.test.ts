import { describe, expect, test } from 'vitest';
import { type CrashPoint, Desk } from './desk.ts';

const HOLD = 3_000;
const FLOOR_1 = [1, 2, 3, 4];
const POINTS: readonly CrashPoint[] = [
  'before notes',
  'before outputs',
  'after outputs',
  'after changelog',
  'after commit',
];

/** Each thing that people are told, with the ids under which they were. */
function ids(desk: Desk): Map<string, Set<string>> {
  const told = new Map<string, Set<string>>();
  for (const { change, subject, ceId } of desk.told) {
    const known = told.get(`${change} ${subject}`) ?? new Set<string>();
    told.set(`${change} ${subject}`, known.add(ceId));
  }
  return told;
}

function expectOnce(desk: Desk, ...headlines: string[]): void {
  expect([...ids(desk).keys()].sort()).toEqual(headlines.sort());
  for (const under of ids(desk).values()) expect(under.size).toBe(1);
}

describe.each(POINTS)('killed %s', (crash) => {
  test('when a silence is told', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    desk.wait(HOLD, crash);
    desk.restart();
    desk.wait(60_000);
    desk.verdict(70_000, 'closed', 1);
    expectOnce(desk, 'opened detector/1', 'closed detector/1');
  });

  test('when a verdict is read', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1, { crash });
    desk.restart();
    desk.read(100);
    desk.wait(60_000);
    desk.verdict(70_000, 'closed', 1, { crash });
    desk.restart();
    desk.read(80_000);
    desk.wait(90_000);
    expectOnce(desk, 'opened detector/1', 'closed detector/1');
  });

  test('when a floor is told as lost', () => {
    const desk = new Desk();
    for (const id of FLOOR_1) desk.verdict(id, 'opened', id);
    desk.wait(HOLD + 10, crash);
    desk.restart();
    desk.wait(60_000);
    for (const id of FLOOR_1) desk.verdict(70_000, 'closed', id);
    expectOnce(desk, 'opened floor/1', 'closed floor/1');
  });

  test('when the last one of a lost floor is heard again', () => {
    const desk = new Desk();
    for (const id of FLOOR_1) desk.verdict(id, 'opened', id);
    desk.wait(HOLD + 10);
    for (const id of FLOOR_1) desk.verdict(70_000, 'closed', id, { crash: id === 4 ? crash : 'after commit' });
    desk.restart();
    desk.read(70_100);
    desk.wait(90_000);
    expectOnce(desk, 'opened floor/1', 'closed floor/1');
  });

  test('when a lost floor is broken up', () => {
    const desk = new Desk();
    for (const id of FLOOR_1) desk.verdict(id, 'opened', id);
    desk.wait(HOLD + 10);
    for (const id of [1, 2]) desk.verdict(70_000, 'closed', id);
    desk.wait(70_000 + HOLD, crash);
    desk.restart();
    desk.wait(90_000);
    for (const id of [3, 4]) desk.verdict(100_000, 'closed', id);
    expectOnce(
      desk,
      'opened floor/1',
      'closed floor/1',
      'opened detector/3',
      'opened detector/4',
      'closed detector/3',
      'closed detector/4',
    );
  });
});

test('what a predecessor held is held once more: what waits in the log may belong to it', () => {
  const desk = new Desk();
  for (const id of [1, 2]) desk.verdict(id, 'opened', id);
  desk.restart();
  desk.wait(HOLD - 100);
  for (const id of [3, 4]) desk.verdict(HOLD - 50, 'opened', id);
  desk.wait(60_000);
  expect(desk.headlines()).toEqual(['opened floor/1']);
});

test('a floor that is lost is remembered', () => {
  const desk = new Desk();
  for (const id of FLOOR_1) desk.verdict(id, 'opened', id);
  desk.wait(HOLD + 10);
  desk.restart();
  for (const id of FLOOR_1) desk.verdict(70_000, 'closed', id);
  expect(desk.headlines()).toEqual(['opened floor/1', 'closed floor/1']);
});
