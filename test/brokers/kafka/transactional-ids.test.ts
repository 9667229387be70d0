import { expect, test } from 'vitest';
import { type Change, NO_STORE } from '../../../brokers/kafka/store.ts';
import { Transaction } from '../../../brokers/kafka/transaction.ts';
import { TransactionalIds } from '../../../brokers/kafka/transactional-ids.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

function setup() {
  const clock = new ManualClock();
  const changes: Change[] = [];
  const note = (...made: Change[]) => void changes.push(...made);
  const ids = new TransactionalIds(clock, { ...NO_STORE, put: note, note });
  const used = (id: string, state: Transaction['state'] = 'Empty') => {
    const transaction = new Transaction(id, 1);
    transaction.state = state;
    ids.keep(transaction);
    return transaction;
  };
  return { clock, ids, used, changes };
}

test('a transactional id is forgotten seven days after its last use', () => {
  const { clock, ids, used, changes } = setup();
  const [first, second] = [used('a'), used('b')];
  clock.advance(4 * DAY_MS);
  ids.keep(first);
  clock.advance(3 * DAY_MS - 1);
  expect([ids.get('a'), ids.get('b')]).toEqual([first, second]);
  clock.advance(1);
  expect([ids.get('a'), ids.get('b')]).toEqual([first, undefined]);
  expect(changes.at(-1)).toEqual([['transaction', 'b'], undefined]);
});

test('one that has a transaction open is kept', () => {
  const { clock, ids, used } = setup();
  const open = used('open', 'Ongoing');
  used('idle');
  clock.advance(8 * DAY_MS);
  expect([ids.get('open'), ids.get('idle')]).toEqual([open, undefined]);
});

test('what was kept is as old as it was', () => {
  const { clock, ids } = setup();
  const { kept: transaction } = new Transaction('a', 1);
  const now = clock.now();
  ids.restore([
    { id: 'young', transaction, usedAt: now - DAY_MS },
    { id: 'old', transaction, usedAt: now - 7 * DAY_MS },
  ]);
  expect([ids.get('old'), ids.get('young')?.id]).toEqual([undefined, 'young']);
});
