import { describe, expect, test } from 'vitest';
import { VIRTUAL_START, VirtualClock } from '../../../app/kit/virtual-clock.ts';
import { SmokewireError } from '../../../contracts/errors.ts';

/** A clock whose site is settled at once, and what happened on it: names with milliseconds since the start. */
function quietClock() {
  const clock = new VirtualClock(async () => {});
  const fired: string[] = [];
  const note = (name: string) => () => void fired.push(`${name} ${clock.now() - VIRTUAL_START}`);
  return { clock, fired, note };
}

test('stands still until it is moved', async () => {
  const { clock, fired, note } = quietClock();
  clock.after('a', 0, note('a'));
  expect(clock.now()).toBe(VIRTUAL_START);
  expect(fired).toEqual([]);
  await clock.advance(0);
  expect(fired).toEqual(['a 0']);
});

test('fires in the order of time, each at its own instant, and ends where it was to end', async () => {
  const { clock, fired, note } = quietClock();
  clock.after('c', 30, note('c'));
  clock.after('a', 10, note('a'));
  clock.after('b', 20, note('b'));
  clock.after('late', 41, note('late'));
  await clock.advance(40);
  expect(fired).toEqual(['a 10', 'b 20', 'c 30']);
  expect(clock.now() - VIRTUAL_START).toBe(40);
});

test('at one instant the order is that of the names, whoever was set first; then come deadlines', async () => {
  const { clock, fired, note } = quietClock();
  clock.afterAll('a deadline', 10, note('a deadline'));
  clock.after('y', 10, note('y'));
  clock.after('x', 10, note('x'));
  clock.after('b', 10, () => clock.after('z', 0, note('z')));
  await clock.advance(10);
  expect(fired).toEqual(['x 10', 'y 10', 'z 10', 'a deadline 10']);
});

test('timers that timers set fire on the same way', async () => {
  const { clock, fired, note } = quietClock();
  clock.after('a', 10, () => {
    clock.after('b', 10, note('b'));
    clock.after('past', -5, note('past'));
  });
  await clock.advance(20);
  expect(fired).toEqual(['past 10', 'b 20']);
});

test('what repeats does so without drift, until it is cancelled, also by itself', async () => {
  const { clock, fired, note } = quietClock();
  const timer = clock.every('a', 10, () => {
    note('a')();
    if (clock.now() - VIRTUAL_START === 30) timer.cancel();
  });
  await clock.advance(100);
  expect(fired).toEqual(['a 10', 'a 20', 'a 30']);
  expect(clock.timers()).toEqual([]);
});

test('the next timer means all of its instant', async () => {
  const { clock, fired, note } = quietClock();
  clock.after('a', 10, note('a'));
  clock.after('b', 10, note('b'));
  clock.after('c', 11, note('c'));
  expect(await clock.nextTimer()).toBe(VIRTUAL_START + 10);
  expect(fired).toEqual(['a 10', 'b 10']);
  expect(clock.timers()).toMatchObject([{ name: 'c', at: VIRTUAL_START + 11 }]);
  await clock.nextTimer();
  expect(await clock.nextTimer()).toBeUndefined();
});

test('runs until something is so, and stands there', async () => {
  const { clock, fired, note } = quietClock();
  clock.every('a', 10, note('a'));
  expect(await clock.runUntil(() => fired.length === 3, VIRTUAL_START + 1_000)).toBe(true);
  expect(clock.now() - VIRTUAL_START).toBe(30);
  expect(await clock.runUntil(() => fired.length === 99, VIRTUAL_START + 55)).toBe(false);
  expect(fired.at(-1)).toBe('a 50');
  expect(clock.now() - VIRTUAL_START).toBe(55);
});

test('moves take turns', async () => {
  const { clock, fired, note } = quietClock();
  clock.every('a', 10, note('a'));
  const first = clock.advance(20).then(note('first'));
  const second = clock.advance(10).then(note('second'));
  await Promise.all([first, second]);
  expect(fired).toEqual(['a 10', 'a 20', 'first 20', 'a 30', 'second 30']);
});

describe('what a timer begins', () => {
  test('has settled before the next one fires, and before the clock moves at all', async () => {
    const log: string[] = [];
    let settles = 0;
    const clock = new VirtualClock(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      settles += 1;
    });
    clock.after('a', 10, () => void log.push(`a after ${settles > 0}`));
    clock.after('b', 10, () => {
      log.push(settles > before ? 'settled' : 'not settled');
    });
    let before = 0;
    clock.after('aa', 10, () => {
      before = settles;
    });
    await clock.advance(10);
    expect(log).toEqual(['a after true', 'settled']);
  });

  test('lets those who waited for it act before the next timer fires', async () => {
    const { clock, fired, note } = quietClock();
    let happened = () => {};
    const event = new Promise<void>((resolve) => {
      happened = resolve;
    });
    clock.after('a', 10, happened);
    clock.after('b', 10, note('b'));
    const acted = event.then(note('acted'));
    await clock.advance(10);
    await acted;
    expect(fired).toEqual(['acted 10', 'b 10']);
  });
});

test('an error of a timer ends the move, and the clock can be moved on', async () => {
  const { clock, fired, note } = quietClock();
  clock.after('bad', 10, () => {
    throw new Error('a defect');
  });
  clock.after('good', 20, note('good'));
  await expect(clock.advance(30)).rejects.toThrow('a defect');
  expect(clock.now() - VIRTUAL_START).toBe(10);
  await clock.advance(20);
  expect(fired).toEqual(['good 20']);
});

test('a site that does not settle ends the move', async () => {
  const timeout = new SmokewireError('SETTLE_TIMEOUT', 'it does not');
  const clock = new VirtualClock(() => Promise.reject(timeout));
  await expect(clock.advance(10)).rejects.toBe(timeout);
  expect(clock.now()).toBe(VIRTUAL_START);
});

test('timers that come again and again at one instant are a defect, not work', async () => {
  const { clock } = quietClock();
  const again = () => void clock.after('again', 0, again);
  again();
  await expect(clock.advance(1)).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringMatching(/'again'/) });
}, 30_000);
