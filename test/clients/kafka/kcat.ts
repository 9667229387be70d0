import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { runKcat } from '../../conformance/kafka/kcat.ts';
import { eventually, within } from '../../support/eventually.ts';
import type { CapabilityName, Fact } from './capabilities.ts';
import type { Client } from './programs.ts';

type GoesThrough = (bootstrap: string, topic: string) => Promise<Fact>;

const GROUP = ['-X', 'auto.offset.reset=earliest', '-X', 'heartbeat.interval.ms=200', '-X', 'session.timeout.ms=6000'];

const capabilities: Partial<Record<CapabilityName, GoesThrough>> = {
  none: compression('none'),
  gzip: compression('gzip'),
  snappy: compression('snappy'),
  lz4: compression('lz4'),
  zstd: compression('zstd'),

  async headers(bootstrap, topic) {
    const record = ['-K:', '-H', 'floor=3', '-H', 'unit=°C'];
    await runKcat(['-b', bootstrap, '-P', '-t', topic, ...record], 'key:value\n');
    const [key, value, headers = ''] = (await read(bootstrap, topic, 1, ['-f', '%k|%s|%h\n']))[0]?.split('|') ?? [];
    return { key, value, headers: Object.fromEntries(headers.split(',').map((header) => header.split('='))) };
  },

  async rebalance(bootstrap, topic) {
    const members: Member[] = [];
    const join = () => {
      const member = new Member(bootstrap, topic);
      members.push(member);
      return member;
    };
    try {
      const first = join();
      const [alone] = await shared([2], first);
      const second = join();
      const together = await shared([1, 1], first, second);
      second.process.kill('SIGINT');
      const [after] = await shared([2], first);
      return { alone, together, after };
    } finally {
      for (const { process } of members) process.kill('SIGINT');
    }
  },

  async commits(bootstrap, topic) {
    // It commits what it has read when it leaves.
    const member = (...options: string[]) => runKcat(['-b', bootstrap, '-G', topic, ...GROUP, '-q', ...options, topic]);
    await member('-c', '4');
    return { next: (await member('-c', '1', '-X', 'enable.auto.offset.store=false')).trim() };
  },

  async transactions(bootstrap, topic) {
    const producer = ['-b', bootstrap, '-P', '-t', topic, '-X', `transactional.id=${topic}`];
    await runKcat(producer, 'a\n');
    // It aborts when it is interrupted. It reads whole blocks: the rest of one, without an end of line, is no record.
    const interrupted = spawn('kcat', producer);
    interrupted.stdin.write(`b\n${' '.repeat(65_536)}`);
    await read(bootstrap, topic, 2, ['-X', 'isolation.level=read_uncommitted']).finally(() =>
      interrupted.kill('SIGINT'),
    );
    interrupted.stdin.end();
    await within('kcat to abort', new Promise((resolve) => interrupted.once('close', resolve)));
    await runKcat(producer, 'c\n');
    return {
      committed: await read(bootstrap, topic, 2, ['-X', 'isolation.level=read_committed']),
      uncommitted: await read(bootstrap, topic, 3, ['-X', 'isolation.level=read_uncommitted']),
    };
  },
};

/** Goes through what is wanted, an error being a fact as well. */
export const kcat: Client = async (bootstrap, topics) => {
  const facts = new Map<string, Fact>();
  for (const [name, topic] of topics) {
    const goThrough = new Map<string, GoesThrough>(Object.entries(capabilities)).get(name);
    const fact = await goThrough?.(bootstrap, topic).catch((error) => ({ error: String(error) }));
    facts.set(name, fact ?? { error: 'kcat has no such capability' });
  }
  return facts;
};

function compression(codec: string): GoesThrough {
  return async (bootstrap, topic) => {
    const values = Array.from({ length: 20 }, (_, i) => `${i}${' smoke'.repeat(20)}\n`);
    await runKcat(['-b', bootstrap, '-P', '-t', topic, '-z', codec], values.join(''));
    return { values: await read(bootstrap, topic, values.length) };
  };
}

/** So many lines about the first records. */
async function read(
  bootstrap: string,
  topic: string,
  count: number,
  options: readonly string[] = [],
): Promise<string[]> {
  const printed = await runKcat(['-b', bootstrap, '-C', '-t', topic, '-c', `${count}`, '-q', ...options]);
  return printed.trim().split('\n');
}

/** A member of the group of the topic's name, which tells on stderr what it is assigned. */
class Member {
  readonly process: ChildProcessWithoutNullStreams;
  #told = '';

  constructor(bootstrap: string, topic: string) {
    this.process = spawn('kcat', ['-b', bootstrap, '-G', topic, ...GROUP, topic]);
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#told += text;
    });
  }

  /** As in `% Group g rebalanced (memberid m): assigned: t [0], t [1]`, of which the last counts. */
  get partitions(): number[] {
    const assigned = this.#told.split('\n').findLast((line) => line.includes(': assigned: ')) ?? '';
    return Array.from(assigned.matchAll(/\[(\d+)\]/g), ([, partition]) => Number(partition)).sort();
  }
}

/** What the members have, once they have so many partitions each. */
async function shared(counts: readonly number[], ...members: readonly Member[]): Promise<number[][]> {
  return await eventually(
    `the group to share its partitions as ${counts}`,
    () => {
      const shares = members.map(({ partitions }) => partitions).sort(([a = 0], [b = 0]) => a - b);
      return shares.every(({ length }, i) => length === counts[i]) && shares;
    },
    20_000,
  );
}
