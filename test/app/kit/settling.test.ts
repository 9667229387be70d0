import { describe, expect, test } from 'vitest';
import { Ledger } from '../../../app/kit/ledger.ts';
import { Settling } from '../../../app/kit/settling.ts';
import { Turns } from '../../../app/kit/turns.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function site() {
  const wireClock = new ManualClock();
  const turns = new Turns();
  const ledger = new Ledger(turns);
  return { wireClock, ledger, settling: new Settling(ledger, wireClock, turns) };
}

/** Some turns of the event loop. */
async function aWhile(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

test('settles at once where nothing is under way, and leaves no timer', async () => {
  const { wireClock, settling } = site();
  await settling.settled();
  expect(wireClock.pending()).toEqual([]);
});

test('what the same turn begins is waited for, also by promises', async () => {
  const { ledger, settling } = site();
  const log: string[] = [];
  const settled = settling.settled().then(() => log.push('settled'));
  await Promise.resolve().then(() => {
    const end = ledger.begin('http', 'a request');
    setTimeout(() => {
      log.push('ended');
      end();
    }, 20);
  });
  await settled;
  expect(log).toEqual(['ended', 'settled']);
});

test('one thing that leads to the next is waited for to the end', async () => {
  const { ledger, settling } = site();
  let left = 20;
  const next = (end: () => void) => {
    setImmediate(() => {
      left -= 1;
      if (left > 0) next(ledger.begin('kafka', `${left}`));
      end();
    });
  };
  next(ledger.begin('kafka', 'first'));
  await settling.settled();
  expect(left).toBe(0);
});

test('all who wait learn of it in one turn, in the order in which they asked', async () => {
  const { ledger, settling } = site();
  const end = ledger.begin('kafka', 'records');
  const log: string[] = [];
  const first = settling.settled().then(() => log.push('first'));
  await aWhile();
  const second = settling.settled().then(() => {
    log.push('second');
    ledger.begin('kafka', 'more');
  });
  setImmediate(end);
  await Promise.all([first, second]);
  expect(log).toEqual(['first', 'second']);
});

describe('what hangs', () => {
  test('is named, once nothing has changed for ten seconds of the machine', async () => {
    const { wireClock, ledger, settling } = site();
    ledger.begin('email', 'mail 1');
    const end = ledger.begin('sms', 'message 2');
    const refused = expect(settling.settled()).rejects.toMatchObject({
      code: 'SETTLE_TIMEOUT',
      message: 'the site does not settle: nothing changed for 10000 ms, and still under way is\n  email: mail 1',
    });
    await aWhile();
    wireClock.advance(9_999);
    end();
    await aWhile();
    wireClock.advance(9_999);
    await aWhile();
    expect(wireClock.pending()).toHaveLength(1);
    wireClock.advance(1);
    await refused;
    expect(wireClock.pending()).toEqual([]);
  });

  test('is told to all who wait, and the next one to ask waits anew', async () => {
    const { wireClock, ledger, settling } = site();
    const end = ledger.begin('email', 'mail 1');
    const refused = [settling.settled(), settling.settled()].map((settled) =>
      expect(settled).rejects.toMatchObject({ code: 'SETTLE_TIMEOUT' }),
    );
    await aWhile();
    wireClock.advance(10_000);
    await Promise.all(refused);
    const settled = settling.settled();
    end();
    await settled;
  });
});

test('a stop ends every wait, also one that begins later, and leaves no timer', async () => {
  const { wireClock, ledger, settling } = site();
  ledger.begin('email', 'mail 1');
  const refused = expect(settling.settled()).rejects.toMatchObject({ code: 'STOPPED' });
  await aWhile();
  settling.stop();
  await refused;
  await expect(settling.settled()).rejects.toMatchObject({ code: 'STOPPED' });
  expect(wireClock.pending()).toEqual([]);
});

describe('turns', () => {
  test('come when all is quiet, by name, each after what the one before began', async () => {
    const { ledger, settling } = site();
    const log: string[] = [];
    for (const name of ['sms 1', 'email 2', 'email 1', 'lamp 1']) {
      void ledger.turn(name).then(() => {
        log.push(name);
        const end = ledger.begin('kafka', name);
        setTimeout(() => {
          log.push(`end of ${name}`);
          end();
        }, 2);
      });
    }
    const quiet = ledger.begin('kafka', 'something before');
    await aWhile();
    expect(log).toEqual([]);
    quiet();
    await settling.settled();
    expect(log).toEqual(['email 1', 'email 2', 'lamp 1', 'sms 1'].flatMap((name) => [name, `end of ${name}`]));
  });

  test('come in the order of asking where the name is the same', async () => {
    const { ledger, settling } = site();
    const log: number[] = [];
    for (const i of [1, 2, 3]) void ledger.turn('act').then(() => log.push(i));
    await settling.settled();
    expect(log).toEqual([1, 2, 3]);
  });

  test('come also where nobody waits for the site to settle', async () => {
    await site().ledger.turn('a mail');
  });
});
