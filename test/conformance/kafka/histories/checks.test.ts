import { expect, test } from 'vitest';
import { faultsIn } from './checks/index.ts';
import type { Commit, FinalLog, History, Look, Send, Share } from './history.ts';

const send = (begin: number, fields: Partial<Send>): Send => ({
  begin,
  end: begin + 1,
  outcome: 'acknowledged',
  producer: 'p',
  session: null,
  transaction: null,
  partition: 0,
  attempts: 1,
  values: [],
  baseOffset: -1,
  ...fields,
});
const share = (begin: number, fields: Partial<Share>): Share => ({
  begin,
  end: begin + 1,
  group: 'g',
  generation: 1,
  member: 'm',
  owner: fields.member ?? 'm',
  partitions: [0],
  ...fields,
});
const commit = (begin: number, id: string, offset: number, fields: Partial<Commit> = {}): Commit => ({
  begin,
  end: begin + 1,
  outcome: 'acknowledged',
  group: 'g',
  partition: 0,
  offset,
  id,
  member: null,
  transaction: null,
  ...fields,
});
const look = (begin: number, id: string | null, offset: number): Look => ({
  begin,
  end: begin + 1,
  group: 'g',
  partition: 0,
  id,
  offset,
});
const log = (...values: string[]) => values.map((value, offset) => ({ value, offset }));
const member = (id: string, generation: number, owner = id) => ({ id, owner, generation });

/** One in which all is well: a plain producer, an idempotent one, two transactions, a group. */
function sound(): History {
  const all = log('a', 'b', 'i', 'j', 't', 'u');
  return {
    sends: [
      send(1, { values: ['a', 'b'], baseOffset: 0 }),
      send(3, { values: ['i'], session: '1:0', baseOffset: 2 }),
      send(5, { values: ['j'], session: '1:0', baseOffset: 3, attempts: 3 }),
      send(7, { values: ['t'], session: '2:0', transaction: 'T', baseOffset: 4 }),
      send(9, { values: ['u'], session: '3:0', transaction: 'U', baseOffset: 5 }),
      send(11, { values: ['lost'], outcome: 'unknown', end: Number.POSITIVE_INFINITY }),
    ],
    ends: [
      { begin: 7, end: 9, transaction: 'T', wanted: 'commit', outcome: 'acknowledged' },
      { begin: 9, end: 11, transaction: 'U', wanted: 'abort', outcome: 'acknowledged' },
    ],
    commits: [
      commit(22, 'c1', 1, { member: member('m', 1) }),
      commit(24, 'c2', 2, { member: member('m', 1) }),
      commit(26, 'c3', 3, { member: member('m', 1), outcome: 'unknown', end: Number.POSITIVE_INFINITY }),
    ],
    looks: [look(19, null, -1), look(28, 'c2', 2), look(30, 'c3', 3)],
    joins: [{ begin: 16, end: 17, group: 'g', generation: 1, member: 'm' }],
    shares: [share(17, {}), share(18, { member: 'n', partitions: [1] })],
    reads: [{ begin: 13, end: 14, partition: 0, committed: true, from: 1, to: 6, records: all.slice(1, 5) }],
    logs: [{ partition: 0, all, committed: all.slice(0, 5) }],
  };
}

test('a sound history has no faults', () => {
  expect(faultsIn(sound())).toEqual([]);
});

/** The partition with other records in it; who read before did so all the same. */
const withLog = (change: (placed: FinalLog) => Partial<FinalLog>) => (history: History) => ({
  ...history,
  reads: [],
  logs: history.logs.map((entry) => ({ ...entry, ...change(entry) })),
});
const without = (value: string) =>
  withLog(({ all, committed }) => ({
    all: all.filter((record) => record.value !== value),
    committed: committed.filter((record) => record.value !== value),
  }));
const more = (history: History, fields: Partial<History>): History => ({
  ...history,
  sends: [...history.sends, ...(fields.sends ?? [])],
  commits: [...history.commits, ...(fields.commits ?? [])],
  looks: [...history.looks, ...(fields.looks ?? [])],
  joins: [...history.joins, ...(fields.joins ?? [])],
  shares: [...history.shares, ...(fields.shares ?? [])],
});

test.each<[string, (history: History) => History, RegExp]>([
  ['a lost batch', without('a'), /a was acknowledged at 0\/0 and is not there/],
  ['a lost batch of an idempotent producer', without('i'), /j is there without i/],
  [
    'a batch that is there twice',
    withLog(({ all, committed }) => ({ all: [...all, { value: 'j', offset: 6 }], committed })),
    /j is there 2 times/,
  ],
  [
    'a record that nobody sent',
    withLog(({ all, committed }) => ({ all: [...all, { value: 'x', offset: 6 }], committed })),
    /x is in the log and nobody sent it/,
  ],
  [
    'a record that was refused',
    (history) => ({
      ...history,
      sends: history.sends.map((sent) => (sent.values[0] === 'a' ? { ...sent, outcome: 'refused' as const } : sent)),
    }),
    /a was refused and is there/,
  ],
  [
    'a record before one that was acknowledged before it was sent',
    (history) => ({
      ...history,
      sends: history.sends.map((sent) => (sent.values[0] === 'a' ? { ...sent, begin: 5, end: 6 } : sent)),
    }),
    /a came after what stands behind it/,
  ],
  [
    'batches of a session the wrong way round',
    (history) => ({
      ...history,
      sends: history.sends.map((sent) => {
        const unknown = { outcome: 'unknown' as const, end: Number.POSITIVE_INFINITY };
        if (sent.values[0] === 'i') return { ...sent, ...unknown, begin: 6 };
        return sent.values[0] === 'j' ? { ...sent, ...unknown, begin: 5 } : sent;
      }),
    }),
    /i stands before what was numbered before it/,
  ],
  [
    'an aborted transaction that is shown',
    withLog(({ all }) => ({ committed: all })),
    /U was aborted and read_committed is shown 1 of its records/,
  ],
  [
    'a committed transaction that is not shown',
    withLog(({ committed }) => ({ committed: committed.filter(({ value }) => value !== 't') })),
    /T was committed and read_committed is shown 0 of its 1 records/,
  ],
  [
    'half of a transaction whose end is unknown',
    (history) => ({
      ...withLog(({ committed }) => ({ committed: committed.filter(({ value }) => value !== 't') }))(history),
      sends: history.sends.map((sent) => (sent.values[0] === 'j' ? { ...sent, transaction: 'T' } : sent)),
      ends: history.ends.map((end) => ({ ...end, outcome: 'unknown' as const })),
    }),
    /T is shown to read_committed in part/,
  ],
  [
    'a record of no transaction that read_committed is not shown',
    withLog(({ committed }) => ({ committed: committed.filter(({ value }) => value !== 'b') })),
    /b is of no transaction and is not shown/,
  ],
  [
    'a reader that was shown something else',
    (history) => ({ ...history, reads: history.reads.map((read) => ({ ...read, records: read.records.slice(1) })) }),
    /read_committed was shown 2=i 3=j 4=t in 0\/\[1, 6\), where there is 1=b/,
  ],
  [
    'a partition with two owners',
    (history) => more(history, { shares: [share(19, { member: 'n', partitions: [0, 1] })] }),
    /partition 0 in generation 1 of g belongs to m and to n/,
  ],
  [
    'a commit by a member of an earlier generation',
    (history) => more(history, { joins: [{ begin: 18, end: 20, group: 'g', generation: 2, member: 'n' }] }),
    /m of generation 1 committed when 2 was there/,
  ],
  [
    'a commit by an instance that was replaced',
    (history) =>
      more(history, {
        shares: [share(40, { member: 's1', owner: 's' }), share(42, { member: 's2', owner: 's' })].map((given) => ({
          ...given,
          group: 'h',
        })),
        commits: [commit(44, 'c', 1, { group: 'h', member: member('s1', 1, 's') })],
      }),
    /s1 committed when s2 had taken its place/,
  ],
  [
    'an offset that goes back',
    (history) => more(history, { looks: [look(32, 'c1', 1)] }),
    /g\/0 went back to c1 from c2/,
  ],
  [
    'an offset that goes back from one that was never acknowledged, but seen',
    (history) => {
      const begun = (id: string, begin: number) => ({ begin, end: Number.POSITIVE_INFINITY, id });
      const [, c2, c3] = history.commits;
      if (!c2 || !c3) throw new Error('no commits');
      return more({ ...history, commits: [c2, { ...c3, ...begun('c3', 28.5) }] }, { looks: [look(32, 'c2', 2)] });
    },
    /g\/0 went back to c2 from c3/,
  ],
  [
    'an offset that is forgotten',
    (history) => more(history, { looks: [look(32, null, -1)] }),
    /g\/0 went back to nothing from c1/,
  ],
  [
    'an offset that nobody committed',
    (history) => more(history, { looks: [look(32, 'c2', 7)] }),
    /g\/0 has offset 7 by c2, which nobody committed/,
  ],
  [
    'an offset of a transaction that was aborted',
    (history) => more(history, { commits: [commit(9, 'c', 5, { transaction: 'U' })], looks: [look(12, 'c', 5)] }),
    /g\/0 has offset 5 by c, which nobody committed/,
  ],
])('%s is found', (_, doctor, fault) => {
  expect(faultsIn(doctor(sound())).join('\n')).toMatch(fault);
});
