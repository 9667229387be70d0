import { expect, it } from 'vitest';
import { Inbox } from '../../brokers/inbox.ts';

it('an inbox keeps the newest, up to its limit, oldest first', () => {
  const inbox = new Inbox<number>(3);
  for (let i = 1; i <= 5; i++) inbox.add(i);
  expect(inbox.list()).toEqual([3, 4, 5]);
});

it('what an inbox gave does not change under its reader', () => {
  const inbox = new Inbox<number>(1);
  inbox.add(1);
  const before = inbox.list();
  inbox.add(2);
  expect(before).toEqual([1]);
});
