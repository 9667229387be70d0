import { type Clock, sleep } from '../../../contracts/clock.ts';
import type { StreamName } from '../../../contracts/kafka-topics.ts';
import { parseReadBackMetadata } from '../../../processors/watchdog/read-back.ts';
import { withAdmin } from '../../../transport/kafka/admin.ts';
import type { KafkaClient } from '../../../transport/kafka/client.ts';
import { topicEnds } from '../../../transport/kafka/topics.ts';
import { INPUT_TOPICS } from './recording.ts';

type Reading = readonly [group: string, topic: StreamName];

/** Who reads what, stage by stage, until all is told that inputs bring about. */
const PIPELINE: readonly (readonly Reading[])[] = [
  [
    ['filter', 'signals'],
    ['watchdog', 'signals'],
  ],
  [
    ['floor-controller', 'alarms'],
    ['floor-controller', 'operator-commands'],
    ['floor-controller', 'valve-states'],
  ],
  [['correlator', 'verdicts']],
  [['router', 'notifications']],
];

const LOOK_EVERY_MS = 20;

/**
 * Where processors that were started anew would begin to read, in each topic of inputs that they read once: at what they
 * have not handled, or what may still count.
 */
export async function unfinished(client: KafkaClient): Promise<Map<string, ReadonlyMap<number, number>>> {
  const begins = new Map<string, Map<number, number>>();
  for (const [group, topic] of PIPELINE.flat()) {
    if (!INPUT_TOPICS.some((name) => name === topic)) continue;
    const offsets = begins.get(topic) ?? new Map<number, number>();
    begins.set(topic, offsets);
    for (const { partition, offset, metadata } of await committed(client, group, topic)) {
      const from = Math.min(parseReadBackMetadata(metadata ?? '') ?? offset, offset);
      offsets.set(partition, Math.min(offsets.get(partition) ?? from, from));
    }
  }
  return begins;
}

/** Answers whether everything that is there has been handled, and what came of that too, by `deadline` on the wire clock. */
export async function handled(client: KafkaClient, deadline: number): Promise<boolean> {
  for (const readings of PIPELINE) {
    const ends = await endsOf(client);
    const done = async () => {
      for (const reading of readings) if (!(await isAt(client, reading, ends))) return false;
      return true;
    };
    if (!(await inTime(client.wireClock, deadline, done))) return false;
  }
  return true;
}

/** Looks now and then, until it is done or `deadline` has passed; answers which. */
export async function inTime(clock: Clock, deadline: number, done: () => Promise<boolean>): Promise<boolean> {
  while (!(await done())) {
    if (clock.now() >= deadline) return false;
    await sleep(clock, 'recorder drain', LOOK_EVERY_MS);
  }
  return true;
}

/** Where each partition ends, by `topic/partition`. */
export async function endsOf(client: KafkaClient): Promise<Map<string, number>> {
  return new Map((await topicEnds(client)).map(({ topic, partition, end }) => [`${topic}/${partition}`, end]));
}

async function isAt(client: KafkaClient, [group, topic]: Reading, ends: ReadonlyMap<string, number>): Promise<boolean> {
  const positions = await committed(client, group, topic);
  return positions.every(({ partition, offset }) => offset >= (ends.get(`${topic}/${partition}`) ?? 0));
}

/** A group that has committed nothing begins at the beginning. */
async function committed(client: KafkaClient, group: string, topic: string) {
  return await withAdmin(client, async (admin) => {
    const groupId = client.topicPrefix + group;
    const topics = await admin.fetchOffsets({ groupId, topics: [client.topicPrefix + topic] });
    return topics.flatMap(({ partitions }) =>
      partitions.map((each) => ({ ...each, offset: Math.max(0, Number(each.offset)) })),
    );
  });
}
