import { expect, test } from 'vitest';
import { Rounds } from '../../../brokers/kafka/rounds.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A clock that begins at 0, and waits on it. */
function begun() {
  const clock = new ManualClock(0);
  const ended: string[] = [];
  const rounds = new Rounds(clock, 'wait');
  const wait = (name: string, ms: number) => rounds.after(ms, () => ended.push(`${name} ${clock.now()}`));
  return { clock, ended, rounds, wait };
}

test('a wait ends an eighth early at most', () => {
  const { clock, ended, wait } = begun();
  clock.advance(300);
  wait('a', 400);
  clock.advance(1_000);
  expect(ended).toEqual(['a 650']);
});

test('those that end near the same multiple of their length end at it, by one timer', () => {
  const { clock, ended, wait } = begun();
  wait('a', 400);
  clock.advance(50);
  wait('b', 400);
  expect(clock.pending()).toEqual(['wait']);
  clock.advance(400);
  expect(ended).toEqual(['a 400', 'b 400']);
});

test('who waits again and again soon ends with the others, and waits as long as it wants from then on', () => {
  const { clock, rounds } = begun();
  const ends = new Map<number, number[]>();
  const again = (begin: number) => {
    ends.get(begin)?.push(clock.now());
    rounds.after(400, () => again(begin));
  };
  for (const begin of [0, 90, 170, 230]) {
    clock.advance(begin - clock.now());
    ends.set(begin, []);
    again(begin);
  }
  clock.advance(4_000 - clock.now());
  for (const instants of ends.values()) expect(instants.slice(-4)).toEqual([2_800, 3_200, 3_600, 4_000]);
});

test('a short wait is as long as it is to be', () => {
  const { clock, ended, wait } = begun();
  clock.advance(3);
  wait('a', 7);
  clock.advance(7);
  expect(ended).toEqual(['a 10']);
});

test('a wish taken back is forgotten, and the timer with the last of them', () => {
  const { clock, ended, wait } = begun();
  const [forgetA, forgetB] = [wait('a', 400), wait('b', 400)];
  forgetA();
  expect(clock.pending()).toEqual(['wait']);
  forgetB();
  forgetB();
  expect(clock.pending()).toEqual([]);
  wait('c', 400);
  forgetA();
  clock.advance(400);
  expect(ended).toEqual(['c 400']);
});

test('a wait that ends takes back others of its instant', () => {
  const { clock, ended, rounds, wait } = begun();
  let forgetB = () => {};
  rounds.after(400, () => forgetB());
  forgetB = wait('b', 400);
  clock.advance(400);
  expect(ended).toEqual([]);
  expect(clock.pending()).toEqual([]);
});
