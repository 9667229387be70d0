import { expect } from 'vitest';
import type { Harness } from '../../conformance/kafka/harness.ts';
import { fetchPartition } from '../../conformance/kafka/protocol/asking.ts';
import { eventually } from '../../support/eventually.ts';

/** What a client tells of a capability that it went through: the line of JSON that its program printed. */
export type Fact = Readonly<Record<string, unknown>>;

/** One thing that each client does in its own way, with a topic of its own. */
export interface Capability {
  /** Of the topic, which is there beforehand; with 0 it is not. */
  readonly partitions: number;
  /** Records that are in it beforehand, with the values '0', '1', … */
  readonly records: number;
  /** Fails unless the client tells what it should, and the broker knows of it. */
  verify(fact: Fact, topic: string, harness: Harness): Promise<void>;
}

const VALUES = Array.from({ length: 20 }, (_, i) => `${i}${' smoke'.repeat(20)}`);

/** Writes twenty values with this compression, and reads them. */
const compression = (codec: number): Capability => ({
  partitions: 1,
  records: 0,
  async verify(fact, topic, harness) {
    expect(fact).toEqual({ values: VALUES });
    // A client that does not like the versions it is offered writes plainly, and says nothing (KAFKA-18659).
    expect(await codecs(harness, topic)).toContain(codec);
  },
});

const ALL = {
  /** Makes the topics TOPIC, with three partitions, and TOPIC.gone; describes the first, deletes the other. */
  topics: {
    partitions: 0,
    records: 0,
    async verify(fact, topic, harness) {
      expect(fact).toEqual({ partitions: 3 });
      const admin = await harness.admin();
      await eventually('only one topic to be there', async () => {
        const topics = await admin.listTopics();
        return topics.includes(topic) && !topics.includes(`${topic}.gone`);
      });
    },
  },
  none: compression(0),
  gzip: compression(1),
  snappy: compression(2),
  lz4: compression(3),
  zstd: compression(4),
  /** Writes one record with two headers, and reads it. */
  headers: {
    partitions: 1,
    records: 0,
    async verify(fact) {
      expect(fact).toEqual({ key: 'key', value: 'value', headers: { floor: '3', unit: '°C' } });
    },
  },
  /** In a group: a member has both partitions; with a second one each has one; when that leaves, the first has both. */
  rebalance: {
    partitions: 2,
    records: 0,
    async verify(fact) {
      expect(fact).toEqual({ alone: [0, 1], together: [[0], [1]], after: [0, 1] });
    },
  },
  /** In the group of the topic's name: reads four records, commits, leaves; another member reads one. */
  commits: {
    partitions: 1,
    records: 10,
    async verify(fact, topic, harness) {
      expect(fact).toEqual({ next: '4' });
      expect(await committed(harness, topic)).toBe('4');
    },
  },
  /** Commits a, aborts b, commits c; reads what is committed, and all that is there. */
  transactions: {
    partitions: 1,
    records: 0,
    async verify(fact) {
      expect(fact).toEqual({ committed: ['a', 'c'], uncommitted: ['a', 'b', 'c'] });
    },
  },
  /** In the group of the topic's name: reads ten records, and commits offset 10 in a transaction. */
  'transactional-offsets': {
    partitions: 1,
    records: 10,
    async verify(fact, topic, harness) {
      expect(fact).toEqual({ read: 10 });
      expect(await committed(harness, topic)).toBe('10');
    },
  },
} satisfies Record<string, Capability>;

export type CapabilityName = keyof typeof ALL;
export const CAPABILITIES: Readonly<Record<CapabilityName, Capability>> = ALL;

/** The compressions of the batches in a topic's one partition. */
async function codecs(harness: Harness, topic: string): Promise<number[]> {
  const { records } = await fetchPartition(await harness.protocol(), { topic });
  if (!Buffer.isBuffer(records)) throw new Error(`there are no records in ${topic}`);
  const found: number[] = [];
  for (let from = 0; from < records.length; from += 12 + records.readInt32BE(from + 8)) {
    // The lowest three bits of a batch's attributes.
    found.push(records.readInt16BE(from + 21) % 8);
  }
  return found;
}

async function committed(harness: Harness, topic: string): Promise<string | undefined> {
  const admin = await harness.admin();
  const [found] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
  return found?.partitions[0]?.offset;
}
