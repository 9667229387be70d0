import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { DEAD_LETTER_HEADERS, REPLAY_TOPIC_HEADER } from '../../../contracts/dead-letters.ts';
import { SmokewireError } from '../../../contracts/errors.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import { createMetrics } from '../../../contracts/metrics.ts';
import type { Claim } from '../../../transport/kafka/claim.ts';
import { Lane } from '../../../transport/kafka/lane.ts';
import type { Emission, Task } from '../../../transport/kafka/types.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const output = (value: string): OutRecord => ({ topic: 'alarms', key: '1', value, timestamp: 0 });
const entry = (value: string): OutRecord => ({ ...output(value), topic: 'floor-controller.state' });
const record = (topic: string, offset: number, value = String(offset)): InRecord => ({
  topic,
  partition: 2,
  offset,
  timestamp: 0,
  key: '1',
  value: Buffer.from(value),
  headers: {},
});
const batch = (topic: string, ...records: InRecord[]) => ({
  topic,
  partition: 2,
  records,
  nextOffset: (records.at(-1)?.offset ?? 0) + 1,
});
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A lane among hand-made neighbours; `log` is everything that it does to them, in order. */
function lane({
  task,
  tables = {},
  committed = {},
}: {
  task: Partial<Task>;
  tables?: Record<string, number>;
  committed?: Record<string, number>;
}) {
  const log: string[] = [];
  const sends: { values: string[]; records: readonly OutRecord[]; resolve: () => void; reject: (e: Error) => void }[] =
    [];
  const clock = new ManualClock();
  const logger = recordingLogger();
  const claim: Claim = {
    partition: 2,
    partitions: PARTITIONS,
    committed: new Map(Object.entries(committed).map(([topic, offset]) => [topic, { offset, metadata: 'noted' }])),
    extents: new Map([
      ['signals', { start: 0, end: 100 }],
      ...Object.entries(tables).map(([topic, end]): [string, { start: number; end: number }] => [
        topic,
        { start: 0, end },
      ]),
    ]),
    read: (topic, offset) => void log.push(`read ${topic} ${offset}`),
    pause: () => {},
    ready: () => void log.push('ready'),
    done: (topic, offset, metadata) => void log.push(`done ${topic} ${offset}${metadata ? ` ${metadata}` : ''}`),
    abandon: () => void log.push('abandon'),
  };
  const subject = new Lane({
    claim,
    clock,
    log: logger,
    metrics: createMetrics(new Registry()),
    sink: {
      send: (records) =>
        new Promise((resolve, reject) => {
          const values = records.map(({ value }) => String(value));
          log.push(`send ${values.join()}`);
          sends.push({ values, records, resolve, reject });
        }),
    },
    definition: {
      role: 'test',
      inputs: ['signals'],
      tables: Object.keys(tables),
      createTask: () => ({ input: () => ({ outputs: [], changelog: [] }), ...task }),
    },
  });
  /** Acknowledges the oldest send that is not. */
  const acknowledge = async (error?: Error) => {
    const send = sends.shift();
    if (error) send?.reject(error);
    else send?.resolve();
    await settled();
  };
  return { subject, log, sends, clock, logger, acknowledge };
}

const emitting: Partial<Task> = {
  input: ({ offset }): Emission => ({ outputs: [output(`o${offset}`)], changelog: [entry(`c${offset}`)] }),
};

test('a task hears of what comes next, some of it at a time, before it is given the first', () => {
  const steps: string[] = [];
  const { subject } = lane({
    task: {
      expect: (records) => void steps.push(`expect ${records.map(({ offset }) => offset)}`),
      input: ({ offset }): Emission => {
        steps.push(`input ${offset}`);
        return { outputs: [], changelog: [] };
      },
    },
  });
  subject.take(batch('signals', ...Array.from({ length: 130 }, (_, offset) => record('signals', offset))));
  expect(steps.slice(0, 2)).toEqual([`expect ${Array.from({ length: 128 }, (_, offset) => offset)}`, 'input 0']);
  expect(steps.slice(-4)).toEqual(['input 127', 'expect 128,129', 'input 128', 'input 129']);
});

describe('what is emitted', () => {
  test('goes outputs, changelog, commit, each after the acknowledgement of the one before', async () => {
    const { subject, log, acknowledge } = lane({ task: emitting });
    subject.take(batch('signals', record('signals', 0), record('signals', 1)));
    await settled();
    expect(log.splice(0)).toEqual(['read signals 0', 'ready', 'send o0,o1']);
    await acknowledge();
    expect(log.splice(0)).toEqual(['send c0,c1']);
    await acknowledge();
    expect(log).toEqual(['done signals 2']);
  });

  test('leaves while the batch before it is not acknowledged, but its changelog does not', async () => {
    const { subject, log, acknowledge } = lane({ task: emitting });
    subject.take(batch('signals', record('signals', 0)));
    subject.take(batch('signals', record('signals', 1)));
    await settled();
    expect(log.splice(0)).toEqual(['read signals 0', 'ready', 'send o0', 'send o1']);
    await acknowledge();
    expect(log.splice(0)).toEqual(['send c0']);
    await acknowledge(); // o1
    expect(log.splice(0)).toEqual([]);
    await acknowledge(); // c0
    expect(log.splice(0)).toEqual(['done signals 1', 'send c1']);
    await acknowledge();
    expect(log).toEqual(['done signals 2']);
  });

  test('waits for its notes, which wait for all before them; nothing overtakes it', async () => {
    const { subject, log, acknowledge } = lane({
      task: {
        input: ({ offset }): Emission => ({
          ...(offset % 2 === 1 && { notes: [entry(`n${offset}`)] }),
          outputs: [output(`o${offset}`)],
          changelog: [entry(`c${offset}`)],
        }),
      },
    });
    subject.take(batch('signals', record('signals', 0), record('signals', 1), record('signals', 2)));
    subject.take(batch('signals', record('signals', 4)));
    await settled();
    expect(log.splice(0)).toEqual(['read signals 0', 'ready', 'send o0']);
    for (const next of ['c0', 'n1', 'o1,o2', 'c1,c2']) {
      await acknowledge();
      expect(log.splice(0)).toEqual([`send ${next}`]);
    }
    await acknowledge();
    expect(log.splice(0)).toEqual(['done signals 3', 'send o4']);
  });

  test('while an input is read back is not committed below what is committed already', async () => {
    const { subject, log } = lane({
      task: { restored: () => new Map([['signals', 10]]) },
      committed: { signals: 20 },
    });
    subject.take(batch('signals', record('signals', 10)));
    subject.take(batch('signals', record('signals', 18)));
    expect(log.splice(0)).toEqual(['read signals 10', 'ready']);
    subject.take(batch('signals', record('signals', 19)));
    expect(log).toEqual(['done signals 20']);
  });

  test('of a topic that was made anew is committed although less is', () => {
    const { subject, log } = lane({ task: { restored: () => new Map([['signals', 10]]) }, committed: { signals: 20 } });
    subject.take(batch('signals', record('signals', 0)));
    expect(log).toEqual(['read signals 10', 'ready', 'done signals 1']);
  });

  test('of records that emit nothing is committed, though not before what was emitted earlier', async () => {
    const { subject, log, acknowledge } = lane({
      task: { input: ({ offset }) => ({ outputs: offset === 0 ? [output('o0')] : [], changelog: [] }) },
    });
    subject.take(batch('signals', record('signals', 0)));
    subject.take(batch('signals', record('signals', 1)));
    await settled();
    expect(log.splice(0)).toEqual(['read signals 0', 'ready', 'send o0']);
    await acknowledge();
    expect(log.splice(0)).toEqual(['done signals 1', 'done signals 2']);
    subject.take(batch('signals', record('signals', 2)));
    expect(log).toEqual(['done signals 3']);
  });

  test('holds the next fetch back once eight batches are under way', () => {
    const { subject } = lane({ task: emitting });
    const held = Array.from({ length: 8 }, (_, i) => subject.take(batch('signals', record('signals', i))));
    expect(held.map((promise) => promise instanceof Promise)).toEqual([...Array(7).fill(false), true]);
  });

  test('and cannot be written any more is not committed, nor anything after it', async () => {
    const { subject, log, acknowledge } = lane({ task: emitting });
    subject.take(batch('signals', record('signals', 0)));
    subject.take(batch('signals', record('signals', 1)));
    await acknowledge(new SmokewireError('STOPPED', 'stopped'));
    await acknowledge();
    await subject.finish();
    expect(log).toEqual(['read signals 0', 'ready', 'send o0', 'send o1', 'abandon']);
  });

  test('and is refused for good does not stop the partition', async () => {
    const { subject, log, logger, acknowledge } = lane({ task: emitting });
    subject.take(batch('signals', record('signals', 0)));
    await acknowledge(new SmokewireError('PAYLOAD_TOO_LARGE', 'too large'));
    await acknowledge();
    expect(log.at(-1)).toBe('done signals 1');
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { code: 'PAYLOAD_TOO_LARGE' } }]);
  });

  test('is waited for at the end', async () => {
    const { subject, log, acknowledge } = lane({ task: emitting });
    subject.take(batch('signals', record('signals', 0)));
    const finished = subject.finish().then(() => log.push('finished'));
    subject.take(batch('signals', record('signals', 1)));
    await acknowledge();
    await acknowledge();
    await finished;
    expect(log).toEqual(['read signals 0', 'ready', 'send o0', 'send c0', 'done signals 1', 'finished']);
  });
});

describe('a record that fails', () => {
  const failing: Partial<Task> = {
    input: ({ offset }) => {
      if (offset === 1) throw new SmokewireError('RECORD_INVALID', 'not a signal');
      if (offset === 2) throw new TypeError('a defect');
      return { outputs: [output(`o${offset}`)], changelog: [] };
    },
  };

  test('becomes a dead letter among the outputs of the others', async () => {
    const { subject, sends, logger } = lane({ task: failing });
    subject.take(batch('signals', ...[0, 1, 2, 3].map((offset) => record('signals', offset, 'secret'))));
    await settled();
    expect(sends[0]?.records).toMatchObject([
      { topic: 'alarms' },
      {
        topic: 'signals.dead',
        key: '1',
        value: Buffer.from('secret'),
        headers: {
          [DEAD_LETTER_HEADERS.topic]: 'signals',
          [DEAD_LETTER_HEADERS.partition]: '2',
          [DEAD_LETTER_HEADERS.offset]: '1',
          [DEAD_LETTER_HEADERS.code]: 'RECORD_INVALID',
          [DEAD_LETTER_HEADERS.message]: 'not a signal',
        },
      },
      { topic: 'signals.dead', headers: { [DEAD_LETTER_HEADERS.code]: 'STEP_FAILED' } },
      { topic: 'alarms' },
    ]);
    expect(logger.lines.map(({ level, fields }) => ({ level, fields }))).toMatchObject([
      { level: 'warn', fields: { topic: 'signals', partition: 2, offset: 1, code: 'RECORD_INVALID' } },
      { level: 'error', fields: { topic: 'signals', partition: 2, offset: 2, code: 'STEP_FAILED' } },
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain('secret');
  });

  test('and is too large for a dead letter is kept by its beginning, and cannot be replayed', async () => {
    const { subject, sends } = lane({ task: failing });
    subject.take(batch('signals', record('signals', 1, 'x'.repeat(1_000_000))));
    await settled();
    const [letter] = sends[0]?.records ?? [];
    expect(letter?.value).toHaveLength(524_288);
    expect(letter?.headers).not.toHaveProperty(REPLAY_TOPIC_HEADER);
  });
});

describe('tables', () => {
  const seen: string[] = [];
  const task: Partial<Task> = {
    table: ({ topic, offset }, _now, restoring) => {
      seen.push(`${topic} ${offset} ${restoring ? 'restoring' : 'following'}`);
      return { outputs: [output(`${topic}${offset}`)], changelog: [] };
    },
    restored: (committed) => new Map([...committed].map(([topic, { offset }]) => [topic, offset - 3])),
  };

  test('are read to their end before any input; what they emit meanwhile is dropped', async () => {
    const { subject, log } = lane({ task, tables: { detectors: 2, presence: 1, lamps: 0 }, committed: { signals: 7 } });
    expect(log.splice(0)).toEqual(['read detectors 0', 'read presence 0', 'read lamps 0']);
    subject.take(batch('detectors', record('detectors', 0), record('detectors', 1)));
    expect(log.splice(0)).toEqual([]);
    subject.take(batch('presence', record('presence', 0)));
    expect(log.splice(0)).toEqual(['read signals 4', 'ready']);
    subject.take(batch('detectors', record('detectors', 2)));
    await settled();
    expect(log).toEqual(['send detectors2']);
    expect(seen).toEqual([
      'detectors 0 restoring',
      'detectors 1 restoring',
      'presence 0 restoring',
      'detectors 2 following',
    ]);
  });

  test('that are empty are no reason to wait; reading begins where the group is, or at the beginning', () => {
    expect(lane({ task: {}, tables: { detectors: 0 }, committed: { signals: 7 } }).log).toEqual([
      'read detectors 0',
      'read signals 7',
      'ready',
    ]);
    expect(lane({ task: {} }).log).toEqual(['read signals 0', 'ready']);
  });

  test('may hold a record that is invalid: it is passed over', () => {
    const { subject, log, logger } = lane({
      task: {
        table: () => {
          throw new SmokewireError('RECORD_INVALID', 'not a state');
        },
      },
      tables: { 'floor-controller.state': 1 },
    });
    subject.take(batch('floor-controller.state', record('floor-controller.state', 0)));
    expect(log.at(-1)).toBe('ready');
    expect(logger.lines).toMatchObject([{ level: 'warn' }]);
  });
});

describe('time', () => {
  test('wakes nobody again before Kafka has all that he asked for when he was woken; reading goes on meanwhile', async () => {
    let woken = 0;
    const { subject, log, clock, acknowledge } = lane({
      task: {
        deadline: () => 0,
        wake: () => ({ outputs: [output(`word ${++woken}`)], changelog: [entry(`told ${woken}`)] }),
      },
    });
    clock.advance(1_000);
    expect(subject.take(batch('signals', record('signals', 0)))).toBeUndefined();
    clock.advance(1_000);
    expect(woken).toBe(1);
    await acknowledge(); // word 1
    clock.advance(1_000);
    expect(woken).toBe(1);
    await acknowledge(); // told 1
    clock.advance(1);
    expect(log.slice(2)).toEqual(['send word 1', 'send told 1', 'done signals 1', 'send word 2']);
    const end = subject.finish();
    for (let i = 0; i < 2; i++) await acknowledge();
    await end;
  });

  test('wakes one who asks for nothing as often as he wants, whatever is under way', async () => {
    const wokenAt: number[] = [];
    const { subject, clock, acknowledge } = lane({
      task: {
        ...emitting,
        deadline: () => (wokenAt.at(-1) ?? 0) + 500,
        wake: (now) => {
          wokenAt.push(now);
          return { outputs: [], changelog: [] };
        },
      },
    });
    subject.take(batch('signals', record('signals', 0)));
    clock.advance(2_000);
    expect(wokenAt).toHaveLength(5);
    const end = subject.finish();
    for (let i = 0; i < 2; i++) await acknowledge();
    await end;
  });

  test('wakes the task at its earliest deadline, again after each batch, and not after the end', async () => {
    let deadline: number | undefined;
    const { subject, log, clock, acknowledge } = lane({
      task: {
        input: () => {
          deadline = clock.now() + 500;
          return { outputs: [], changelog: [] };
        },
        deadline: () => deadline,
        wake: () => {
          deadline = undefined;
          return { outputs: [output('woken')], changelog: [entry('woken')] };
        },
      },
    });
    log.length = 0;
    expect(clock.pending()).toEqual([]);
    subject.take(batch('signals', record('signals', 0)));
    clock.advance(499);
    subject.take(batch('signals', record('signals', 1)));
    clock.advance(499);
    expect(log.splice(0)).toEqual(['done signals 1', 'done signals 2']);
    clock.advance(1);
    expect(log.splice(0)).toEqual(['send woken']);
    await acknowledge();
    expect(log.splice(0)).toEqual(['send woken']);
    await acknowledge();
    subject.take(batch('signals', record('signals', 2)));
    expect(clock.pending()).toEqual(['test deadline of partition 2']);
    await subject.finish();
    expect(clock.pending()).toEqual([]);
  });

  test('is given to a task that failed on it once more, a second later', () => {
    let calls = 0;
    const { clock, logger } = lane({
      task: {
        deadline: () => 0,
        wake: () => {
          calls++;
          throw new Error('a defect');
        },
      },
    });
    clock.advance(999);
    expect(calls).toBe(1);
    clock.advance(1);
    expect(calls).toBe(2);
    expect(logger.lines[0]).toMatchObject({ level: 'error', fields: { code: 'STEP_FAILED' } });
  });

  test('notes what the task wants beside its offset', () => {
    const { subject, log } = lane({ task: { metadata: (topic) => `${topic} from 3` } });
    subject.take(batch('signals', record('signals', 8)));
    expect(log.at(-1)).toBe('done signals 9 signals from 3');
  });
});
