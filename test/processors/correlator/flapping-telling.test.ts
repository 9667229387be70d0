import { describe, expect, it, test } from 'vitest';
import { FlappingDetectors } from '../../../processors/correlator/flapping-detectors.ts';
import { Journal } from '../../../processors/correlator/journal.ts';
import { type CrashPoint, Desk, T0 } from './desk.ts';
import { FlappingDetector } from './flapping-detector.ts';

const MINUTE = 60_000;
const POINTS: readonly CrashPoint[] = [
  'before notes',
  'before outputs',
  'after outputs',
  'after changelog',
  'after commit',
];

/** Detector 1 is silent and heard in turn, for half a minute each, from `from` on. Answers when the last change was. */
function comeAndGo(desk: Desk, silences: number, { first = 1, from = 0, crash }: Coming = {}): number {
  let at = from;
  for (let episode = first; episode < first + silences; episode++) {
    for (const change of ['opened', 'closed'] as const) {
      desk.verdict(at, change, 1, { episode, ...(crash && { crash }) });
      if (crash) {
        desk.restart();
        desk.read(at + 1_000);
      }
      at += MINUTE / 2;
    }
  }
  return at - MINUTE / 2;
}

interface Coming {
  readonly first?: number;
  readonly from?: number;
  readonly crash?: CrashPoint;
}

const TWICE = ['opened detector/1', 'closed detector/1', 'opened detector/1', 'closed detector/1'];

it('a detector that comes and goes is told as one fault, with its count, until it is steady', () => {
  const desk = new Desk();
  const last = comeAndGo(desk, 7);
  expect(desk.headlines()).toEqual([...TWICE, 'opened detector/1', ...Array(4).fill('updated detector/1')]);
  const flapping = desk.told.slice(4);
  expect(new Set(flapping.map(({ incident }) => incident)).size).toBe(1);
  expect(flapping.map(({ cause }) => cause)).toEqual(Array(5).fill('flapping'));
  expect(flapping.at(-1)?.reason).toMatch(/it was silent 7 times/);
  desk.wait(last + 5 * MINUTE - 1);
  expect(desk.told).toHaveLength(9);
  desk.wait(last + 5 * MINUTE);
  expect(desk.headlines().at(-1)).toBe('closed detector/1');
  expect(desk.told.at(-1)?.reason).toMatch(/was silent 7 times .*, and has been heard since/);
});

it('nothing is kept of a detector that was silent long ago, also not of one that flapped', () => {
  const desk = new Desk();
  const last = comeAndGo(desk, 3);
  desk.verdict(last, 'opened', 5);
  expect(desk.kept()).toEqual(expect.arrayContaining(['changes of detector/1', 'changes of detector/5']));
  desk.wait(last + 10 * MINUTE);
  expect(desk.kept().filter((key) => key.startsWith('changes'))).toEqual([]);
});

it('a storm is forgotten in portions', () => {
  const journal = new Journal(0);
  const flapping = new FlappingDetectors({ journal, pass: () => {}, update: () => {}, steady: () => {} });
  const detector = new FlappingDetector();
  detector.silent();
  const [verdict] = detector.log;
  if (!verdict) throw new Error('nobody said that it is silent');
  for (let id = 1; id <= 1_500; id++) flapping.verdict({ ...verdict, subject: `detector/${id}` }, T0);
  expect(journal.emission(T0).changelog).toHaveLength(1_500);
  const end = T0 + 10 * MINUTE;
  const portions: number[] = [];
  while ((flapping.deadline() ?? Number.POSITIVE_INFINITY) <= end) {
    flapping.wake(end);
    const { changelog } = journal.emission(end);
    portions.push(changelog.filter(({ value }) => value === null).length);
  }
  expect(portions).toEqual([1_000, 500]);
});

it('one that stays silent is told as silent', () => {
  const desk = new Desk();
  const last = comeAndGo(desk, 4);
  desk.verdict(last + MINUTE, 'opened', 1, { episode: 5 });
  desk.wait(last + 6 * MINUTE);
  expect(desk.told.at(-1)).toMatchObject({ change: 'closed', cause: 'flapping' });
  desk.wait(last + 7 * MINUTE);
  expect(desk.told.at(-1)).toMatchObject({ change: 'opened', cause: 'silent' });
  desk.verdict(last + 9 * MINUTE, 'closed', 1, { episode: 5 });
  expect(desk.told.at(-1)).toMatchObject({ change: 'closed', cause: 'silent' });
});

it('what a redundant watchdog says once more counts once', () => {
  const desk = new Desk();
  for (let episode = 1; episode <= 2; episode++) {
    for (const change of ['opened', 'closed'] as const) {
      for (const group of ['a', 'b']) desk.verdict(episode * MINUTE, change, 1, { episode, group });
    }
  }
  desk.wait(20 * MINUTE);
  expect(desk.told.filter(({ cause }) => cause === 'flapping')).toEqual([]);
});

it('while it is disabled nothing is told, and at the end what is so then', () => {
  const desk = new Desk();
  desk.order(0, 'detector/1', 10 * MINUTE);
  comeAndGo(desk, 5, { from: MINUTE });
  comeAndGo(desk, 3, { from: 6 * MINUTE, first: 6 });
  desk.verdict(9.5 * MINUTE, 'opened', 1, { episode: 9 });
  desk.wait(10 * MINUTE - 1);
  expect(desk.headlines()).toEqual([]);
  desk.wait(10 * MINUTE);
  expect(desk.told).toMatchObject([{ change: 'opened', cause: 'flapping' }]);
  desk.verdict(11 * MINUTE, 'closed', 1, { episode: 9 });
  desk.wait(20 * MINUTE);
  expect(desk.headlines()).toEqual(['opened detector/1', 'closed detector/1']);
});

describe('a floor that comes and goes', () => {
  const FLOOR_1 = [1, 2, 3, 4];
  const floor = (desk: Desk, change: 'opened' | 'closed', at: number, episode: number) => {
    for (const id of FLOOR_1) desk.verdict(at, change, id, { episode });
  };

  it('makes nobody of it flap', () => {
    const desk = new Desk();
    for (let episode = 1; episode <= 5; episode++) {
      floor(desk, 'opened', episode * MINUTE, episode);
      floor(desk, 'closed', (episode + 0.5) * MINUTE, episode);
    }
    expect(desk.headlines()).toEqual(Array(5).fill(['opened floor/1', 'closed floor/1']).flat());
  });

  it('nor where it is back before people are told', () => {
    const desk = new Desk();
    for (let episode = 1; episode <= 5; episode++) {
      floor(desk, 'opened', episode * MINUTE, episode);
      floor(desk, 'closed', episode * MINUTE + 1_000, episode);
    }
    floor(desk, 'opened', 6 * MINUTE, 6);
    desk.wait(20 * MINUTE);
    expect(desk.headlines()).toEqual(['opened floor/1']);
  });

  it('is lost also with one that flaps', () => {
    const desk = new Desk();
    const last = comeAndGo(desk, 4);
    floor(desk, 'opened', last + MINUTE, 5);
    desk.wait(last + 2 * MINUTE);
    expect(desk.headlines().at(-1)).toBe('opened floor/1');
    expect(desk.told.at(-1)?.detectors).toEqual(expect.arrayContaining([2, 3, 4]));
    floor(desk, 'closed', last + 3 * MINUTE, 5);
    desk.wait(last + 20 * MINUTE);
    expect(desk.told.slice(-2)).toMatchObject([
      { change: 'closed', subject: 'floor/1' },
      { change: 'closed', cause: 'flapping' },
    ]);
  });
});

describe.each(POINTS)('killed %s', (crash) => {
  test('at each change, and at the end', () => {
    const desk = new Desk();
    const last = comeAndGo(desk, 5, { crash });
    desk.wait(last + 5 * MINUTE + 1_000, crash);
    desk.restart();
    desk.wait(last + 12 * MINUTE);
    // How often it is silent is for the panel, and of no repetition.
    const told = desk.headlines().filter((headline) => !headline.startsWith('updated'));
    const opened = new Map<string, string>();
    for (const { change, incident, ceId } of desk.told) {
      if (change === 'updated') continue;
      expect(opened.get(`${change} ${incident}`) ?? ceId).toBe(ceId);
      opened.set(`${change} ${incident}`, ceId);
    }
    const incidents = new Set(desk.told.map(({ incident }) => incident));
    for (const incident of incidents) {
      expect([...opened.keys()].filter((key) => key.endsWith(incident)).sort()).toEqual([
        `closed ${incident}`,
        `opened ${incident}`,
      ]);
    }
    expect(told.slice(-2)).toEqual(['opened detector/1', 'closed detector/1']);
    expect(desk.told.at(-1)).toMatchObject({ change: 'closed', cause: 'flapping' });
  });
});
