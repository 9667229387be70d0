import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { keyedTask } from '../../../transport/kafka/keyed-task.ts';
import type { Emission, Task } from '../../../transport/kafka/types.ts';

/** Counts up on every record, says so on every second, forgets on `forget`, and on `ring` wants to be woken at that time. */
const counter = (): Task =>
  keyedTask({
    partition: 2,
    stateSchema: z.object({ count: z.int(), ring: z.int().optional() }),
    changelogTopic: 'floor-controller.state',
    keyOf: ({ key }) => key ?? undefined,
    step(state = { count: 0 }, record, now) {
      const value = record.value?.toString();
      if (value === 'forget') return { state: undefined, outputs: [] };
      if (value === 'nothing') return { state: state.count === 0 ? undefined : state, outputs: [] };
      if (value?.startsWith('ring')) return { state: { ...state, ring: Number(value.slice(5)) }, outputs: [] };
      const count = state.count + 1;
      return { state: { ...state, count }, outputs: count % 2 === 0 ? [output(record.key, count, now)] : [] };
    },
    deadline: ({ ring }) => ring,
    wake: ({ count }, now) => ({ state: { count }, outputs: [output('woken', count, now)] }),
  });

const output = (key: string | null, count: number, timestamp: number): OutRecord => ({
  topic: 'valve-commands',
  key,
  value: String(count),
  timestamp,
});
const input = (offset: number, key: string, value = '1', topic = 'alarms'): InRecord => ({
  topic,
  partition: 2,
  offset,
  timestamp: 0,
  key,
  value: Buffer.from(value),
  headers: {},
});
/** The changelog of some emissions, as a task that takes over reads it. */
const restore = (task: Task, ...emissions: Emission[]) => {
  for (const { key, value } of emissions.flatMap(({ changelog }) => changelog)) {
    task.table?.(
      { ...input(0, key ?? '', '', 'floor-controller.state'), value: value === null ? null : Buffer.from(value) },
      0,
      true,
    );
  }
};

describe('a key', () => {
  test('has a state, which the changelog keeps with the offsets that went into it', () => {
    const task = counter();
    expect(task.input(input(7, 'a'), 5)).toEqual({
      outputs: [],
      changelog: [
        {
          topic: 'floor-controller.state',
          key: 'a',
          value: '{"state":{"count":1},"offsets":{"alarms":7}}',
          timestamp: 5,
          partition: 2,
        },
      ],
    });
    expect(task.input(input(8, 'b'), 5).outputs).toEqual([]);
    expect(task.input(input(9, 'a'), 6).outputs).toEqual([output('a', 2, 6)]);
  });

  test('whose state does not change leaves no changelog, but remembers how far it came', () => {
    const task = counter();
    const first = task.input(input(1, 'a'), 0);
    expect(task.input(input(2, 'a', 'nothing'), 0)).toEqual({ outputs: [], changelog: [] });
    const second = task.input(input(0, 'a', '1', 'operator-commands'), 0);
    const successor = counter();
    restore(successor, first, second);
    expect(successor.input(input(2, 'a'), 0)).toEqual({ outputs: [], changelog: [] });
    expect(successor.input(input(3, 'a'), 0).changelog).toHaveLength(1);
  });

  test('does a repeated record only once, also after its state is gone', () => {
    const task = counter();
    const emissions = [task.input(input(1, 'a'), 0), task.input(input(2, 'a', 'forget'), 0)];
    expect(emissions[1]?.changelog[0]?.value).toBe('{"offsets":{"alarms":2}}');
    const successor = counter();
    restore(successor, ...emissions);
    expect(successor.input(input(1, 'a'), 0)).toEqual({ outputs: [], changelog: [] });
    expect(JSON.parse(String(successor.input(input(3, 'a'), 0).changelog[0]?.value))).toMatchObject({
      state: { count: 1 },
    });
  });

  test('is forgotten with a tombstone', () => {
    const task = counter();
    const successor = counter();
    restore(successor, task.input(input(5, 'a'), 0), {
      outputs: [],
      changelog: [{ topic: 'floor-controller.state', key: 'a', value: null, timestamp: 0 }],
    });
    expect(successor.input(input(1, 'a'), 0).changelog).toHaveLength(1);
  });
});

test('what the task wrote itself, and reads back, changes nothing', () => {
  const task = counter();
  const { changelog } = task.input(input(1, 'a'), 0);
  task.input(input(2, 'a'), 0);
  task.table?.(
    { ...input(0, 'a', '', 'floor-controller.state'), value: Buffer.from(String(changelog[0]?.value)) },
    0,
    false,
  );
  expect(task.input(input(3, 'a'), 0).changelog[0]?.value).toContain('"count":3');
});

test('a changelog record that is no state is an invalid record', () => {
  expect(() => restore(counter(), { outputs: [], changelog: [output('a', 1, 0)] })).toThrow(
    expect.objectContaining({ code: 'RECORD_INVALID' }),
  );
});

test('keys are woken when their time has come, and only those', () => {
  const task = counter();
  expect(task.deadline?.()).toBeUndefined();
  const first = task.input(input(1, 'a', 'ring 500'), 0);
  const second = task.input(input(2, 'b', 'ring 300'), 0);
  expect(task.deadline?.()).toBe(300);
  const successor = counter();
  restore(successor, first, second);
  expect(successor.deadline?.()).toBe(300);
  const woken = successor.wake?.(499);
  expect(woken?.outputs).toEqual([output('woken', 0, 499)]);
  expect(woken?.changelog).toMatchObject([{ key: 'b', value: '{"state":{"count":0},"offsets":{"alarms":2}}' }]);
  expect(successor.deadline?.()).toBe(500);
});
