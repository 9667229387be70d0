import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Ledger } from '../../../app/kit/ledger.ts';
import { Settling } from '../../../app/kit/settling.ts';
import type { Ended } from '../../../contracts/transit.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A site that never rests: one thing ends only after the next has begun. */
function restless() {
  const ledger = new Ledger();
  const settling = new Settling(ledger, new ManualClock());
  let last: Ended = ledger.begin('http', 'a heartbeat');
  const beat = () => {
    const next = ledger.begin('http', 'a heartbeat');
    last();
    last = next;
  };
  return { ledger, settling, beat };
}

/** Lets some turns pass, each with a heartbeat; answers whether the promise has resolved by then. */
async function resolves(promise: Promise<void>, beat: () => void): Promise<boolean> {
  let resolved = false;
  void promise.then(() => {
    resolved = true;
  });
  for (let i = 0; i < 1_000; i++) {
    beat();
    await turn();
  }
  return resolved;
}

test('what had begun passes through a site that never settles', async () => {
  const { settling, beat } = restless();
  expect(await resolves(settling.settled(), beat)).toBe(false);
  expect(await resolves(settling.passed(), beat)).toBe(true);
});

test('what comes of it is waited for too, as far as it goes', async () => {
  const { ledger, settling, beat } = restless();
  const [reader, other] = [ledger.reader(), ledger.reader()];
  reader.at('alarms', 0, 0);
  other.at('notifications', 0, 0);
  const signal = ledger.begin('mqtt', 'a signal');
  const passed = settling.passed();
  expect(await resolves(passed, beat)).toBe(false);
  ledger.written('alarms', 0, 1);
  signal();
  expect(await resolves(passed, beat)).toBe(false);
  const records = ledger.begin('kafka', 'records of the floor controller');
  reader.at('alarms', 0, 1);
  expect(await resolves(passed, beat)).toBe(false);
  ledger.written('notifications', 0, 1);
  records();
  expect(await resolves(passed, beat)).toBe(false);
  other.at('notifications', 0, 1);
  expect(await resolves(passed, beat)).toBe(true);
});

test('what begins by itself meanwhile is not waited for', async () => {
  const { ledger, settling, beat } = restless();
  const reader = ledger.reader();
  reader.at('signals', 0, 0);
  ledger.written('signals', 0, 1);
  const passed = settling.passed();
  let end = 1;
  const flood = () => {
    beat();
    reader.at('signals', 0, end);
    ledger.written('signals', 0, ++end);
  };
  expect(await resolves(passed, flood)).toBe(true);
});

test('offsets that a busy group always has to commit are not waited for', async () => {
  const { ledger, settling, beat } = restless();
  ledger.begin('kafka', 'offsets of filter');
  expect(await resolves(settling.passed(), beat)).toBe(true);
});
