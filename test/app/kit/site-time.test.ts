import { describe, expect, test } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import { Ledger } from '../../../app/kit/ledger.ts';
import { Settling } from '../../../app/kit/settling.ts';
import { realTime, virtualTime } from '../../../app/kit/site-time.ts';
import { Turns } from '../../../app/kit/turns.ts';
import { VIRTUAL_START, VirtualClock } from '../../../app/kit/virtual-clock.ts';
import { waitFor } from '../../../app/wait.ts';

/** Time of a site in which something happens at some instants, in milliseconds after the start. */
function virtual(happens: Readonly<Record<string, number>> = {}) {
  const turns = new Turns();
  const ledger = new Ledger(turns);
  const settling = new Settling(ledger, realClock, turns);
  const settled = () => settling.settled();
  const time = virtualTime(new VirtualClock(settled), settled, turns);
  const happened = new Set<string>();
  const listeners = new Set<() => void>();
  for (const [what, at] of Object.entries(happens)) {
    time.clock.after(what, at, () => {
      happened.add(what);
      for (const listener of [...listeners]) listener();
    });
  }
  const wait = (what: string, withinMs = 1_000) =>
    waitFor(time, withinMs, {
      what,
      look: () => (happened.has(what) ? at() : undefined),
      watch: (changed) => {
        listeners.add(changed);
        return () => listeners.delete(changed);
      },
      story: async () => 'no story',
    });
  const at = () => time.hands.now() - VIRTUAL_START;
  return { time, ledger, wait, at, happened };
}

describe('an awaited wait in virtual time', () => {
  test('lets time pass by itself, and no longer than until it is fulfilled', async () => {
    const { wait, at, time } = virtual({ fire: 300, later: 301 });
    expect(await wait('fire')).toBe(300);
    expect(at()).toBe(300);
    expect(time.hands.timers()).toMatchObject([{ name: 'later', at: VIRTUAL_START + 301 }]);
  });

  test('is kept by what happens right at its deadline, and by nothing later', async () => {
    const { wait, at } = virtual({ 'zero hour': 1_000, late: 2_001 });
    expect(await wait('zero hour', 1_000)).toBe(1_000);
    await expect(wait('late', 1_000)).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
    expect(at()).toBe(2_000);
  });

  test('several run to the last one', async () => {
    const { wait } = virtual({ a: 100, b: 200, c: 50 });
    expect(await Promise.all([wait('b'), wait('a'), wait('c')])).toEqual([200, 100, 50]);
  });

  test('lets its test act before time passes on for others', async () => {
    const { wait, time, at } = virtual({ a: 100, b: 200 });
    const acted = wait('a').then(() => time.act(async () => at()));
    await wait('b');
    expect(await acted).toBe(100);
  });

  test('only listens where somebody moves the clock in the same turn', async () => {
    const { wait, time, at } = virtual({ fire: 300 });
    const fire = wait('fire');
    await time.hands.advance(200);
    expect(at()).toBe(200);
    await fire;
    expect(at()).toBe(300);
  });

  test('fails where the site does not settle', async () => {
    const broken = virtualTime(
      new VirtualClock(() => Promise.reject(new Error('does not settle'))),
      () => Promise.resolve(),
      new Turns(),
    );
    const nothing = { what: 'it', look: () => undefined, watch: () => () => {}, story: async () => '' };
    await expect(waitFor(broken, 1_000, nothing)).rejects.toThrow('does not settle');
  });
});

describe('acts in virtual time', () => {
  test('take turns in the order in which they were begun, each settled', async () => {
    const { time, ledger } = virtual();
    const log: string[] = [];
    const act = (name: string, ms: number) =>
      time
        .act(async () => {
          log.push(name);
          const end = ledger.begin('mqtt', name);
          setTimeout(() => {
            log.push(`end of ${name}`);
            end();
          }, ms);
        })
        .then(() => log.push(`after ${name}`));
    await Promise.all([act('a', 10), act('b', 1)]);
    expect(log.filter((line) => !line.startsWith('after'))).toEqual(['a', 'end of a', 'b', 'end of b']);
    expect(log.indexOf('after a')).toBeGreaterThan(log.indexOf('end of a'));
  });

  test('that are held do not hold the clock', async () => {
    const { time, ledger } = virtual({ healed: 500 });
    let go = () => {};
    const act = time.act(() => {
      const end = ledger.begin('mqtt', 'a signal');
      const goOn = ledger.hold('mqtt', 'a signal');
      return new Promise<string>((resolve) => {
        go = () => {
          goOn();
          end();
          resolve('acknowledged');
        };
      });
    });
    await time.hands.advance(1_000);
    go();
    expect(await act).toBe('acknowledged');
  });

  test('fail as they do', async () => {
    const { time } = virtual();
    await expect(time.act(() => Promise.reject(new Error('no such detector')))).rejects.toThrow('no such detector');
  });
});

describe('hands on virtual time', () => {
  test('run until a promise is settled, or a function answers something', async () => {
    const { time, at, happened, wait } = virtual({ a: 100, b: 200 });
    expect(await time.hands.runUntil(() => happened.has('a') && 'seen')).toBe('seen');
    expect(at()).toBe(100);
    expect(await time.hands.runUntil(wait('b'))).toBe(200);
    await expect(time.hands.runUntil(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  test('and no longer than they are told to', async () => {
    const { time, at } = virtual({ a: 100, b: 6_000 });
    const never = new Promise<never>(() => {});
    await expect(time.hands.runUntil(never, { within: '5s' })).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
    expect(at()).toBe(5_000);
  });

  test('refuse what is no duration', async () => {
    const { time } = virtual();
    await expect(async () => await time.hands.advance('soon')).rejects.toMatchObject({ code: 'USAGE_INVALID' });
  });
});

describe('the same in real time', () => {
  const settled = async () => {};

  test('takes as long as it says', async () => {
    const time = realTime(realClock, settled);
    const began = performance.now();
    await time.hands.advance('30ms');
    expect(performance.now() - began).toBeGreaterThan(25);
    expect(await time.hands.runUntil(Promise.resolve('done'))).toBe('done');
    await expect(time.hands.runUntil(() => false, { within: '20ms' })).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
  });

  test('acts and waits are not held up, and there is no list of timers', async () => {
    const time = realTime(realClock, settled);
    expect(await time.act(async () => 'acted')).toBe('acted');
    expect(() => time.hands.timers()).toThrow(/virtual/);
    await expect(time.hands.nextTimer()).rejects.toMatchObject({ code: 'USAGE_INVALID' });
  });
});
