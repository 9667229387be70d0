import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutRecord } from '../../../contracts/kafka-records.ts';
import { OPEN_ATTEMPTS, VALVE_ANSWER_MS } from '../../../processors/floor-controller/valve.ts';
import { ceId, dataOf, received } from '../records.ts';
import { alarm, Floor, humanReset, humanSwitch, report, T0 } from './floor.ts';

describe('a fire', () => {
  test('opens the valve and an incident with the first alarm, of a floor that nobody announced', () => {
    const floor = new Floor().take(alarm(8, 0));
    expect(floor.headlines()).toEqual(['fire opened floor/3']);
    const [command] = dataOf(floor.outputs, 'valve-commands');
    const [notification] = dataOf(floor.outputs, 'notifications');
    expect(command).toMatchObject({
      floor: 3,
      position: 'open',
      by: `incident/${notification?.['incident']}`,
      expires: new Date(T0 + VALVE_ANSWER_MS).toISOString(),
    });
    expect(command?.['ceId']).toBe(command?.['id']);
    expect(notification).toMatchObject({ floor: 3, detectors: [8] });
    // The valve does not wait for the news.
    expect(floor.outputs[0]?.topic).toBe('valve-commands');
  });

  test('latches: the same detector changes nothing, a further one joins', () => {
    const floor = new Floor().take(alarm(8, 0), alarm(8, 1, 1_000), alarm(9, 0), alarm(8, 2, 2_000));
    expect(floor.headlines()).toEqual(['fire opened floor/3', 'fire updated floor/3']);
    expect(floor.commands()).toEqual(['open incident']);
    expect(dataOf(floor.outputs, 'notifications').at(-1)).toMatchObject({ detectors: [8, 9] });
  });

  test('obeys the human who closes the valve, until a further detector opens it again', () => {
    const floor = new Floor().take(alarm(8, 0), humanSwitch('1', 'closed'), alarm(8, 1, 1_000));
    expect(floor.commands()).toEqual(['open incident', 'closed operator']);
    floor.take(alarm(9, 0, 2_000));
    expect(floor.commands()).toEqual(['open incident', 'closed operator', 'open incident']);
    floor.take(alarm(9, 1, 3_000), alarm(8, 2, 3_000));
    expect(floor.commands()).toHaveLength(3);
  });

  test('ends with a human’s reset, which leaves the valve as it is; what alarms after it is a new fire', () => {
    const floor = new Floor().take(alarm(8, 0), humanReset('1'));
    expect(floor.headlines()).toEqual(['fire opened floor/3', 'fire closed floor/3']);
    expect(floor.commands()).toEqual(['open incident']);
    floor.take(alarm(8, 1, 1));
    expect(floor.headlines()).toEqual(['fire opened floor/3', 'fire closed floor/3', 'fire opened floor/3']);
    expect(floor.commands()).toEqual(['open incident', 'open incident']);
    expect(new Set(dataOf(floor.outputs, 'notifications').map(({ incident }) => incident)).size).toBe(2);
  });

  test('a reset without a fire says nothing; a switch without one is obeyed', () => {
    const floor = new Floor().take(humanReset('1'), humanSwitch('2', 'open'));
    expect(floor.headlines()).toEqual([]);
    expect(floor.commands()).toEqual(['open operator']);
  });
});

describe('a repetition', () => {
  test('of an alarm after the reset is no new fire, but one in a topic made anew is', () => {
    const floor = new Floor().take(
      alarm(8, 5, 0),
      alarm(8, 6, 1_000),
      humanReset('1'),
      alarm(8, 6, 1_000),
      alarm(8, 5),
    );
    expect(floor.headlines()).toEqual(['fire opened floor/3', 'fire closed floor/3']);
    floor.take(alarm(8, 0, 60_000));
    expect(floor.headlines().at(-1)).toBe('fire opened floor/3');
  });

  test('of any prefix, in order, changes neither the state nor what was said', () => {
    const position = fc.constantFrom<'open' | 'closed'>('open', 'closed');
    const happening: fc.Arbitrary<OutRecord | number | 'answer'> = fc.oneof(
      fc.integer({ min: 1, max: 3 }).map((id) => alarm(id, 0)),
      fc.tuple(fc.nat(9), position).map(([n, to]) => humanSwitch(`${n}`, to)),
      fc.nat(9).map((n) => humanReset(`${n}`)),
      fc.tuple(fc.nat(9), position).map(([n, to]) => report(`${n}`, to, null)),
      fc.constant('answer' as const),
      fc.constantFrom(1_000, VALVE_ANSWER_MS, 4 * VALVE_ANSWER_MS),
    );
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 25 }), fc.array(fc.nat(25), { maxLength: 4 }), (story, cuts) => {
        const once = new Floor();
        const often = new Floor();
        const past: OutRecord[] = [];
        for (const [i, one] of story.entries()) {
          if (typeof one === 'number') {
            once.wait(one);
            often.wait(one);
            continue;
          }
          const record = one === 'answer' ? answer(once, i) : one.topic === 'alarms' ? later(one, i) : one;
          if (!record) continue;
          past.push(record);
          once.take(record);
          often.take(record, record);
          if (cuts.includes(i)) often.restart().take(...past);
        }
        expect(often.state()).toEqual(once.state());
        expect(new Set(often.outputs.map(ceId))).toEqual(new Set(once.outputs.map(ceId)));
      }),
      { numRuns: 300 },
    );
  });

  /** What the valve says to the last command. */
  function answer(floor: Floor, i: number): OutRecord | undefined {
    const command = dataOf(floor.outputs, 'valve-commands').at(-1);
    return command && report(`a${i}`, command['position'] === 'open' ? 'open' : 'closed', String(command['id']));
  }

  /** A detector's signals are in order: the i-th thing that happens stands at offset i. */
  function later(record: OutRecord, i: number): OutRecord {
    return alarm(JSON.parse(String(record.value)).detector, i, i * 1_000);
  }
});

describe('a valve that does not answer', () => {
  test('is a fault after its time, is told to open again under other ids, and recovers when it answers any of them', () => {
    const floor = new Floor().take(alarm(8, 0));
    const first = floor.lastCommand();
    floor.wait(VALVE_ANSWER_MS - 1);
    expect(floor.headlines()).toEqual(['fire opened floor/3']);
    floor.wait(1);
    expect(floor.headlines()).toEqual(['fire opened floor/3', 'fault opened valve/3']);
    floor.wait(3 * VALVE_ANSWER_MS);
    expect(floor.headlines()).toHaveLength(2);
    const ids = dataOf(floor.outputs, 'valve-commands').map(({ id }) => id);
    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(5);
    floor.take(report('1', 'open', first));
    expect(floor.headlines().at(-1)).toBe('fault closed valve/3');
    expect(floor.wait(600_000).commands()).toHaveLength(5);
  });

  test('is told a bounded number of times, and again when it comes back closed', () => {
    const floor = new Floor().take(alarm(8, 0)).wait(3_600_000);
    expect(floor.commands()).toHaveLength(OPEN_ATTEMPTS);
    floor.take(report('1', 'closed', null));
    expect(floor.commands()).toHaveLength(OPEN_ATTEMPTS + 1);
    floor.take(report('2', 'open', floor.lastCommand()));
    expect(floor.headlines()).toEqual(['fire opened floor/3', 'fault opened valve/3', 'fault closed valve/3']);
  });

  test('is told to close once: a human stands by', () => {
    const floor = new Floor().take(humanSwitch('1', 'closed')).wait(3_600_000);
    expect(floor.commands()).toEqual(['closed operator']);
    expect(floor.headlines()).toEqual(['fault opened valve/3']);
    floor.take(report('1', 'closed', null));
    expect(floor.headlines()).toEqual(['fault opened valve/3', 'fault closed valve/3']);
  });

  test('that answers in time is none, and an old answer answers nothing', () => {
    const floor = new Floor().take(alarm(8, 0));
    const first = floor.lastCommand();
    floor.take(humanSwitch('1', 'closed'), humanSwitch('2', 'open'), report('1', 'open', first));
    expect(floor.wait(VALVE_ANSWER_MS).headlines()).toEqual(['fire opened floor/3', 'fault opened valve/3']);
    const answered = new Floor().take(alarm(8, 0));
    answered.take(report('1', 'open', answered.lastCommand())).wait(3_600_000);
    expect(answered.headlines()).toEqual(['fire opened floor/3']);
    expect(answered.commands()).toHaveLength(1);
  });

  test('is not blamed for a controller that was away when its answer came, but is told to open once more', () => {
    const floor = new Floor().take(alarm(8, 0));
    const first = floor.lastCommand();
    floor.sleep(60_000).restart().wait(0);
    expect(floor.headlines()).toEqual(['fire opened floor/3']);
    expect(floor.commands()).toHaveLength(2);
    floor.take(report('1', 'open', first)).wait(3_600_000);
    expect(floor.headlines()).toEqual(['fire opened floor/3']);
  });

  test('told to close while the controller was away is blamed one answer’s time later, if it still says nothing', () => {
    const floor = new Floor().take(humanSwitch('1', 'closed')).sleep(60_000).restart();
    expect(floor.wait(VALVE_ANSWER_MS - 1).headlines()).toEqual([]);
    expect(floor.wait(1).headlines()).toEqual(['fault opened valve/3']);
    expect(floor.commands()).toEqual(['closed operator']);
  });

  test('that restarts closed in a fire is opened again, and outside of one is left alone', () => {
    const floor = new Floor().take(alarm(8, 0));
    floor.take(report('1', 'open', floor.lastCommand()), report('2', 'closed', null));
    expect(floor.commands()).toHaveLength(2);
    floor.take(report('3', 'open', floor.lastCommand()), humanReset('r'), report('4', 'closed', null));
    expect(floor.commands()).toHaveLength(2);
  });
});

test('a record under a key that is not its floor, or of another type, is refused', () => {
  const floor = new Floor();
  const refused = expect.objectContaining({ code: 'RECORD_INVALID' });
  expect(() => floor.take({ ...alarm(8, 0), key: '4' })).toThrow(refused);
  expect(() => floor.take({ ...alarm(8, 0), topic: 'operator-commands' })).toThrow(refused);
  expect(() => floor.takeAt({ ...received(alarm(8, 0), 9), value: Buffer.from('{') })).toThrow(refused);
  expect(floor.outputs).toEqual([]);
});
