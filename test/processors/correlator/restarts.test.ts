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

describe('a correlator that stood still, and does not know that it was succeeded', () => {
  test('tells of who is heard, and is set right', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    const wake = desk.standStill();
    desk.restart();
    desk.verdict(1_000, 'closed', 1);
    wake(20_000);
    expect(desk.headlines()).toEqual(['opened detector/1', 'closed detector/1']);
    desk.restart();
    desk.wait(60_000);
    expect(desk.headlines()).toHaveLength(2);
  });

  test('tells of a floor that is not lost any more, and is set right', () => {
    const desk = new Desk();
    for (const id of FLOOR_1) desk.verdict(id, 'opened', id);
    const wake = desk.standStill();
    desk.restart();
    for (const id of FLOOR_1) desk.verdict(1_000, 'closed', id);
    wake(20_000);
    expect(desk.headlines()).toEqual(['opened floor/1', 'closed floor/1']);
    for (const id of FLOOR_1) desk.verdict(30_000, 'opened', id, { episode: 2 });
    desk.wait(40_000);
    expect(desk.headlines().slice(2)).toEqual(['opened floor/1']);
    expect(desk.told.at(-1)?.incident).not.toBe(desk.told[0]?.incident);
  });

  test('tells of a floor that its successor finds lost too: both say the same', () => {
    const desk = new Desk();
    for (const id of FLOOR_1) desk.verdict(id, 'opened', id);
    const wake = desk.standStill();
    desk.restart();
    desk.verdict(100, 'suspect', 9);
    wake(20_000, { crash: 'after outputs' });
    desk.wait(30_000);
    for (const id of FLOOR_1) desk.verdict(40_000, 'closed', id);
    expectOnce(desk, 'opened floor/1', 'closed floor/1');
  });

  test('tells of who is still held, which is taken over', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    const wake = desk.standStill();
    desk.restart();
    desk.verdict(100, 'suspect', 9);
    wake(20_000);
    desk.verdict(30_000, 'closed', 1);
    expectOnce(desk, 'opened detector/1', 'closed detector/1');
  });

  test('tells of a silence whose verdict its successor has not read yet, and which that one takes over', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    desk.verdict(1_000, 'closed', 1);
    desk.verdict(2_000, 'opened', 1, { episode: 2, crash: 'before notes' });
    const wake = desk.standStill();
    desk.restart();
    desk.wait(3_000);
    wake(20_000);
    expect(desk.headlines()).toEqual(['opened detector/1']);
    desk.read(21_000);
    desk.wait(60_000);
    expect(desk.headlines()).toEqual(['opened detector/1']);
    desk.verdict(61_000, 'closed', 1, { episode: 2 });
    expect(desk.headlines()).toEqual(['opened detector/1', 'closed detector/1']);
  });

  test('says nothing once it has read who succeeded it', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    const wake = desk.standStill();
    desk.restart();
    desk.verdict(1_000, 'closed', 1);
    wake(20_000, { read: true });
    expect(desk.headlines()).toEqual([]);
  });

  test.each([
    ['tells of who is heard', 'after commit', ['opened detector/1', 'closed detector/1']],
    ['notes who is heard', 'before outputs', []],
  ] as const)('%s while nobody is there to contradict it, and is set right by the next', (_, crash, headlines) => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    const wake = desk.standStill();
    desk.restart();
    desk.verdict(1_000, 'closed', 1);
    desk.stop();
    wake(20_000, { crash });
    desk.restart();
    desk.wait(60_000);
    expect(desk.headlines()).toEqual(headlines);
    desk.restart();
    desk.wait(120_000);
    expect(desk.headlines()).toEqual(headlines);
  });

  test('waits a little when it wakes up late: what belongs together may wait to be read', () => {
    const desk = new Desk();
    for (const id of [1, 2, 3]) desk.verdict(id, 'opened', id);
    desk.sleep(20_000);
    desk.wait(20_100);
    desk.verdict(100, 'opened', 4, { late: 20_100 });
    desk.wait(60_000);
    expect(desk.headlines()).toEqual(['opened floor/1']);
  });
});
