import { describe, expect, test } from 'vitest';
import { Ledger } from '../../../app/kit/ledger.ts';
import { Turns } from '../../../app/kit/turns.ts';

test('what has begun is under way until it ends; to end it twice ends nothing else', () => {
  const ledger = new Ledger();
  expect(ledger.settle()).toBe(true);
  const first = ledger.begin('email', 'a mail');
  const second = ledger.begin('email', 'a mail');
  first();
  first();
  expect(ledger.settle()).toBe(false);
  expect(ledger.list()).toEqual(['email: a mail']);
  expect(ledger.isUnderWay('email', 'a mail')).toBe(true);
  second();
  expect(ledger.settle()).toBe(true);
});

test('a change is the end of something, and not its begin', async () => {
  const ledger = new Ledger();
  let changed = false;
  void ledger.change().then(() => {
    changed = true;
  });
  const end = ledger.begin('sms', 'one');
  await Promise.resolve();
  expect(changed).toBe(false);
  end();
  await Promise.resolve();
  expect(changed).toBe(true);
});

describe('a fault', () => {
  test('holds what is under way by that name: it is at rest until it goes on', () => {
    const ledger = new Ledger();
    ledger.begin('email', 'held');
    const goOn = ledger.hold('email', 'held');
    expect([ledger.settle(), ledger.list()]).toEqual([true, []]);
    ledger.begin('email', 'held');
    expect(ledger.settle()).toBe(false);
    goOn();
    goOn();
    expect(ledger.list()).toEqual(['email: held', 'email: held']);
  });

  test('that holds a whole hop may be one of several', () => {
    const ledger = new Ledger();
    const [first, second] = [ledger.holdHop('kafka'), ledger.holdHop('kafka')];
    ledger.begin('kafka', 'records');
    ledger.written('signals', 0, 1);
    ledger.reader().at('signals', 0, 0);
    first();
    first();
    expect(ledger.settle()).toBe(true);
    second();
    expect(ledger.settle()).toBe(false);
    expect(ledger.list()).toEqual(['kafka: records', 'signals/0 ends at 1, and is read to 0']);
  });

  test('that held MQTT leaves the books in doubt', async () => {
    const ledger = new Ledger();
    ledger.holdHop('mqtt')();
    expect(ledger.settle()).toBe(false);
    await ledger.change();
    expect(ledger.settle()).toBe(true);
  });
});

test('where the MQTT books are in doubt the broker is asked, and the site has not settled before', async () => {
  let answer = () => {};
  const ledger = new Ledger();
  const ask = () =>
    new Promise<void>((resolve) => {
      answer = resolve;
    });
  ledger.receiver('bridge', { filters: [], ask }).live();
  expect(ledger.settle()).toBe(false);
  expect(ledger.settle()).toBe(false);
  expect(ledger.list()).toEqual(['mqtt: what the broker still has']);
  let asked = true;
  void ledger.change().then(() => {
    asked = false;
  });
  while (asked) {
    answer();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(ledger.settle()).toBe(true);
});

describe('a partition', () => {
  test('is behind while one of its readers is', () => {
    const ledger = new Ledger();
    const [first, second] = [ledger.reader(), ledger.reader()];
    first.at('signals', 1, 5);
    second.at('signals', 1, 0);
    expect(ledger.settle()).toBe(true);
    ledger.written('signals', 1, 6);
    first.at('signals', 1, 6);
    expect(ledger.settle()).toBe(false);
    expect(ledger.list()).toEqual(['signals/1 ends at 6, and is read to 6, 0']);
    second.at('signals', 1, 6);
    expect(ledger.settle()).toBe(true);
  });

  test('that nobody reads is behind for nobody, until somebody does', () => {
    const ledger = new Ledger();
    ledger.written('signals', 1, 6);
    expect(ledger.settle()).toBe(true);
    const reader = ledger.reader();
    reader.at('signals', 1, 2);
    expect(ledger.settle()).toBe(false);
    reader.leave('signals', 1);
    expect(ledger.settle()).toBe(true);
  });

  test('ends where it ended last: acknowledgements may come out of order', () => {
    const ledger = new Ledger();
    const reader = ledger.reader();
    ledger.written('signals', 1, 6);
    ledger.written('signals', 1, 4);
    reader.at('signals', 1, 4);
    expect(ledger.settle()).toBe(false);
  });

  test('may be read before its writer has heard that it was written', () => {
    const ledger = new Ledger();
    const reader = ledger.reader();
    reader.at('signals', 1, 6);
    ledger.written('signals', 1, 6);
    expect(ledger.settle()).toBe(true);
  });

  test('is left by a reader that ends, with all its others', () => {
    const ledger = new Ledger();
    const reader = ledger.reader();
    reader.at('signals', 1, 0);
    reader.at('alarms', 0, 0);
    ledger.written('signals', 1, 1);
    ledger.written('alarms', 0, 1);
    reader.end();
    expect(ledger.settle()).toBe(true);
    reader.at('alarms', 0, 0);
    expect(ledger.settle()).toBe(false);
  });

  test('is not read on by one that waits for what it handed over', () => {
    const ledger = new Ledger();
    const reader = ledger.reader();
    reader.at('signals', 1, 0);
    ledger.written('signals', 1, 1);
    reader.waits(true);
    expect(ledger.settle()).toBe(true);
    reader.waits(false);
    expect(ledger.settle()).toBe(false);
  });
});

test('without turns everybody goes at once', async () => {
  await new Ledger().turn('anybody');
});

test('who wants to pass while a hop is held goes on when it is not, by name, one after the other', async () => {
  const turns = new Turns();
  const ledger = new Ledger(turns);
  expect(ledger.passage('kafka', 'a')).toBeUndefined();
  const [release, releaseToo] = [ledger.holdHop('kafka'), ledger.holdHop('kafka')];
  const passed: string[] = [];
  for (const name of ['b', 'a']) void ledger.passage('kafka', name)?.then(() => passed.push(name));
  expect(ledger.passage('mqtt', 'c')).toBeUndefined();

  release();
  expect(turns.next()).toBe(false);
  releaseToo();
  expect(turns.next()).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  expect(passed).toEqual(['a']);
  expect(turns.next()).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  expect(passed).toEqual(['a', 'b']);
  expect(new Ledger().passage('kafka', 'a')).toBeUndefined();
});
