import { describe, expect, test } from 'vitest';
import { rfc3339 } from '../../../contracts/clock.ts';
import { CENSUS, Desk, T0 } from './desk.ts';

/** A heartbeat of 1 s, and two periods of the canary. */
const HOLD = 3_000;

describe('one detector', () => {
  test('that is silent is told of once nobody of its neighbours can be missing for the same cause', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    desk.wait(HOLD - 1);
    expect(desk.headlines()).toEqual([]);
    desk.wait(HOLD);
    expect(desk.told).toMatchObject([
      {
        change: 'opened',
        kind: 'fault',
        subject: 'detector/1',
        floor: 1,
        detectors: [1],
        reason: 'Detector 1: opened.',
      },
    ]);
    desk.verdict(60_000, 'closed', 1);
    expect(desk.headlines()).toEqual(['opened detector/1', 'closed detector/1']);
    expect(desk.told[1]?.incident).toBe(desk.told[0]?.incident);
  });

  test('that is heard meanwhile is not told of at all', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    desk.verdict(2_900, 'closed', 1);
    desk.wait(60_000);
    expect(desk.headlines()).toEqual([]);
  });

  test('that is heard through a bridge whose clock is behind is over, though its end seems to come before its beginning', () => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1);
    desk.verdict(60_000, 'closed', 1, { at: rfc3339(T0 - 50 * 60_000) });
    expect(desk.headlines()).toEqual(['opened detector/1', 'closed detector/1']);
  });

  test('whose Last Will came is told of at once', () => {
    const desk = new Desk();
    desk.verdict(0, 'suspect', 1);
    desk.verdict(2_000, 'opened', 1, { cause: 'lost-connection' });
    expect(desk.headlines()).toEqual(['opened detector/1']);
  });

  test('whose Last Will came is held where two others are suspect or held', () => {
    const desk = new Desk();
    desk.verdict(0, 'suspect', 5);
    desk.verdict(10, 'opened', 9);
    desk.verdict(2_000, 'opened', 1, { cause: 'lost-connection' });
    expect(desk.headlines()).toEqual([]);
    desk.wait(2_000 + HOLD);
    expect(desk.headlines()).toEqual(['opened detector/9', 'opened detector/1']);
  });

  test('that nobody feared before its Last Will is believed is held: a watchdog that comes late finds many so', () => {
    const desk = new Desk();
    for (const id of [1, 2, 3, 4]) desk.verdict(0, 'opened', id, { cause: 'lost-connection' });
    desk.wait(HOLD);
    expect(desk.headlines()).toEqual(['opened floor/1']);
  });

  test('a suspicion that is refuted holds nobody', () => {
    const desk = new Desk();
    for (const id of [5, 6]) desk.verdict(0, 'suspect', id);
    for (const id of [5, 6]) desk.verdict(500, 'trusted', id);
    desk.verdict(600, 'suspect', 1);
    desk.verdict(2_000, 'opened', 1, { cause: 'lost-connection' });
    expect(desk.headlines()).toEqual(['opened detector/1']);
  });

  test('is told of again, under another id, when it falls silent again; old verdicts are no news', () => {
    const desk = new Desk();
    for (const [at, episode] of [
      [0, 1],
      [20_000, 2],
    ] as const) {
      desk.verdict(at, 'opened', 1, { episode });
      desk.wait(at + HOLD);
      desk.verdict(at + 10_000, 'closed', 1, { episode });
    }
    desk.verdict(40_000, 'opened', 1, { episode: 1 });
    desk.verdict(40_000, 'opened', 1, { episode: 2 });
    desk.wait(60_000);
    expect(desk.headlines()).toEqual(['opened', 'closed', 'opened', 'closed'].map((change) => `${change} detector/1`));
    expect(new Set(desk.told.map(({ incident }) => incident)).size).toBe(2);
  });

  test.each([
    ['a heartbeat of 20 s, held for that and two periods', 20_000, 61_000, 22_000],
    ['a window of 90 s, of which nobody would hear within 100 s', 40_000, 90_000, 5_000],
    ['a heartbeat of a day', 86_400_000, 259_201_000, 2_000],
  ])('with %s', (_, heartbeatMs, windowMs, holdMs) => {
    const desk = new Desk();
    desk.verdict(0, 'opened', 1, { heartbeatMs, windowMs });
    desk.wait(holdMs - 1);
    expect(desk.headlines()).toEqual([]);
    desk.wait(holdMs);
    expect(desk.headlines()).toEqual(['opened detector/1']);
  });
});

test('two watchdogs that say the same are told of once, whoever comes first', () => {
  const desk = new Desk();
  desk.verdict(0, 'opened', 1);
  desk.verdict(100, 'opened', 1, { group: 'watchdog-b' });
  desk.wait(HOLD);
  desk.verdict(10_000, 'closed', 1, { group: 'watchdog-b' });
  desk.verdict(10_100, 'closed', 1);
  desk.verdict(10_200, 'opened', 1, { group: 'watchdog-b' });
  desk.wait(60_000);
  expect(desk.headlines()).toEqual(['opened detector/1', 'closed detector/1']);
});

describe('a log that is read late', () => {
  test('what was due by its time is told before what comes next, and what was over by then is not', () => {
    const desk = new Desk();
    const late = 3_600_000;
    desk.verdict(0, 'opened', 1, { late });
    desk.verdict(1_000, 'opened', 2, { late: late - 1_000 });
    desk.verdict(2_000, 'closed', 2, { late: late - 2_000 });
    desk.verdict(60_000, 'closed', 1, { late: late - 60_000 });
    expect(desk.headlines()).toEqual(['opened detector/1', 'closed detector/1']);
  });

  test('a storm in it is one fault', () => {
    const desk = new Desk();
    const late = 3_600_000;
    for (const id of [1, 2, 3, 4]) desk.verdict(id * 200, 'opened', id, { late: late - id * 200 });
    desk.wait(late + HOLD);
    expect(desk.headlines()).toEqual(['opened floor/1']);
  });
});

test('the census says who is behind what: without it all are told of one by one', () => {
  const desk = new Desk({ ...CENSUS, floors: { 1: 5, 2: 4, 3: 4 } });
  for (const id of [1, 2, 3, 4]) desk.verdict(id, 'opened', id);
  desk.wait(HOLD + 100);
  expect(desk.headlines()).toEqual([1, 2, 3, 4].map((id) => `opened detector/${id}`));
});
