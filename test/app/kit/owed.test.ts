import { describe, expect, test } from 'vitest';
import { Owed } from '../../../app/kit/owed.ts';

const SIGNAL = 'fire/v1/hq/1/detectors/7/signal';
const COMMAND = 'fire/v1/hq/1/valve/command';

/** Books in which no receiver's connection is in doubt any more. */
async function books() {
  let changes = 0;
  const owed = new Owed(() => {
    changes += 1;
  });
  const questions: (() => void)[] = [];
  const bridge = owed.receiver('bridge', {
    filters: ['fire/v1/hq/+/detectors/+/signal'],
    ask: () => new Promise((resolve) => void questions.push(resolve)),
  });
  const valves = owed.receiver('valves', { filters: ['fire/v1/hq/+/valve/command'] });
  bridge.live();
  valves.live();
  /** Answers every question until the broker has been asked. */
  const ask = async () => {
    let over = false;
    const asked = owed.ask().finally(() => {
      over = true;
    });
    while (!over) {
      for (const answer of questions.splice(0)) answer();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await asked;
  };
  await ask();
  return { owed, bridge, valves, ask, questions, changes: () => changes };
}

describe('what is owed', () => {
  test('is what was published to those who subscribed, until it has come', async () => {
    const { owed, bridge } = await books();
    expect([owed.any, owed.inDoubt]).toEqual([false, false]);
    owed.published(SIGNAL);
    owed.published(SIGNAL);
    expect(owed.any).toBe(true);
    expect(owed.list()).toEqual([`${SIGNAL} has not come to bridge`]);
    bridge.received(SIGNAL);
    expect(owed.any).toBe(true);
    bridge.received(SIGNAL);
    expect([owed.any, owed.inDoubt, owed.list()]).toEqual([false, false, []]);
  });

  test('is the same whether the PUBACK or the message comes first', async () => {
    const { owed, bridge } = await books();
    bridge.received(SIGNAL);
    owed.published(SIGNAL);
    expect(owed.any).toBe(false);
  });

  test('is nothing where nobody subscribed', async () => {
    const { owed } = await books();
    owed.published('fire/v1/hq/1/detectors/7/poll');
    owed.published('fire/v1/hq/1/detectors/7/signal/more');
    expect(owed.any).toBe(false);
  });

  test('is paid topic by topic: a client from elsewhere pays for no other topic', async () => {
    const { owed, bridge } = await books();
    owed.published(SIGNAL);
    bridge.received('fire/v1/hq/1/detectors/99/signal');
    expect(owed.any).toBe(true);
  });

  test('is not paid in advance beyond the instant: the books are closed when all is quiet', async () => {
    const { owed, bridge } = await books();
    bridge.received(SIGNAL);
    owed.settle();
    owed.published(SIGNAL);
    expect(owed.any).toBe(true);
  });

  test('leaves out what the broker keeps back, also where that is told first', async () => {
    const { owed, bridge } = await books();
    owed.withheld(SIGNAL);
    owed.published(SIGNAL);
    expect(owed.any).toBe(false);
    owed.published(SIGNAL);
    expect(owed.any).toBe(true);
    bridge.received(SIGNAL);
    expect(owed.any).toBe(false);
  });

  test('a subscriber that comes later is seen by topics that were published before', async () => {
    const { owed, ask } = await books();
    owed.published(COMMAND);
    const second = owed.receiver('second bridge', { filters: ['fire/v1/hq/+/valve/+'] });
    second.live();
    await ask();
    owed.published(COMMAND);
    expect(owed.list()).toContain(`${COMMAND} has not come to second bridge`);
  });
});

describe('books in doubt', () => {
  test('come of a connection that begins or ends, and not of one that still is not there', async () => {
    const { owed, valves, ask } = await books();
    valves.away();
    expect(owed.inDoubt).toBe(true);
    await ask();
    valves.away();
    expect(owed.inDoubt).toBe(false);
    valves.live();
    expect(owed.inDoubt).toBe(true);
  });

  test('nothing is owed to one that is away: it comes with the next connection, or never', async () => {
    const { owed, valves } = await books();
    owed.published(COMMAND);
    valves.away();
    owed.published(COMMAND);
    expect(owed.any).toBe(false);
  });

  test('are clear once the broker has answered and nothing moved: what is owed then was lost', async () => {
    const { owed, ask } = await books();
    owed.published(SIGNAL);
    owed.doubt();
    await ask();
    expect([owed.any, owed.inDoubt]).toEqual([false, false]);
  });

  test.each(['comes', 'is published', 'is kept back', 'is in doubt again'])(
    'stay so where something %s meanwhile',
    async (what) => {
      const { owed, bridge, questions } = await books();
      owed.doubt();
      const asked = owed.ask();
      const moves = {
        comes: () => bridge.received(SIGNAL),
        'is published': () => owed.published(SIGNAL),
        'is kept back': () => owed.withheld(SIGNAL),
        'is in doubt again': () => owed.doubt(),
      };
      let over = false;
      void asked.finally(() => {
        over = true;
      });
      for (let answers = 0; !over; ) {
        for (const answer of questions.splice(0)) {
          if (answers++ === 1) Object.entries(moves).find(([name]) => name === what)?.[1]();
          answer();
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(owed.inDoubt).toBe(true);
    },
  );

  test('nobody is asked who is away', async () => {
    const { owed, bridge, questions } = await books();
    bridge.away();
    await owed.ask();
    expect(questions).toEqual([]);
    expect(owed.inDoubt).toBe(false);
  });
});
