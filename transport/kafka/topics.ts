import type { Admin } from 'kafkajs';
import { SmokewireError } from '../../contracts/errors.ts';
import { type Cleanup, mayGrow, PARTITIONS, TOPICS } from '../../contracts/kafka-topics.ts';
import { withAdmin } from './admin.ts';
import { Backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { errorFields, stopped } from './errors.ts';
import { allExtentsOf, persistently } from './offsets.ts';

const CREATE_TIMEOUT_MS = 15_000;

/**
 * Makes every topic that is not there yet, and returns once each partition has a leader. Any number of processes may do this
 * at once. Throws CONFIG_INVALID where a topic is there with another number of partitions, or with fewer where there may be
 * more: then a key's records would stand in different partitions of different topics, and a task would not see them all.
 */
export async function ensureTopics(
  client: KafkaClient,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const backoff = new Backoff(client.wireClock, 'kafka topics retry');
  const wanted = new Map(
    [...TOPICS].map(([topic, cleanup]): [string, Cleanup] => [client.topicPrefix + topic, cleanup]),
  );
  await withAdmin(
    client,
    async (admin, link) => {
      for (;;) {
        const missing = await missingTopics(admin, wanted);
        if (missing.length > 0) await create(client, admin, missing);
        else if (await everyPartitionIsLed(admin, client.topicPrefix, [...wanted.keys()])) break;
        else await backoff.wait(signal);
        if (signal.aborted) throw stopped(client.clientId);
      }
      // Being named as the leader and acting as one are two moments.
      await persistently(client, link, signal, async () => {
        await link.cluster.addMultipleTargetTopics([...wanted.keys()]);
        await allExtentsOf(link, wanted.keys());
      });
    },
    signal,
  );
}

async function missingTopics(admin: Admin, wanted: ReadonlyMap<string, Cleanup>): Promise<[string, Cleanup][]> {
  const there = new Set(await admin.listTopics());
  return [...wanted].filter(([topic]) => !there.has(topic));
}

/** Losing the race to another process is no failure; whatever else goes wrong shows when the topics are listed again. */
async function create(client: KafkaClient, admin: Admin, topics: readonly [string, Cleanup][]): Promise<void> {
  try {
    await admin.createTopics({
      waitForLeaders: false,
      timeout: CREATE_TIMEOUT_MS,
      topics: topics.map(([topic, cleanup]) => ({
        topic,
        numPartitions: PARTITIONS,
        // As many as the cluster is set to.
        replicationFactor: -1,
        configEntries: [
          { name: 'cleanup.policy', value: cleanup },
          // Where time stands still, records bear times of long ago, and would be too old to be kept.
          ...(client.prompt ? [{ name: 'retention.ms', value: '-1' }] : []),
        ],
      })),
    });
  } catch (error) {
    client.logger.debug(errorFields(error), 'not every topic could be made');
  }
}

async function everyPartitionIsLed(admin: Admin, prefix: string, topics: readonly string[]): Promise<boolean> {
  const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
  const odd = found
    .filter(
      ({ name, partitions: { length } }) =>
        length < PARTITIONS || (length > PARTITIONS && !mayGrow(name.slice(prefix.length))),
    )
    .map(({ name, partitions }) => `${name} has ${partitions.length}`);
  if (odd.length > 0) {
    throw new SmokewireError(
      'CONFIG_INVALID',
      `these Kafka topics need ${PARTITIONS} partitions each: ${odd.toSorted().join(', ')}; ` +
        'delete them, or set another --topic-prefix (SMOKEWIRE_TOPIC_PREFIX)',
    );
  }
  return found.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
}

/** Where a partition ends: the offset that its next record gets. */
export interface TopicEnd {
  /** Without prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
}

/** Where each partition of the site's topics ends; they have to be there. */
export async function topicEnds(client: KafkaClient): Promise<TopicEnd[]> {
  return await withAdmin(client, async (_admin, link) => {
    const names = new Map([...TOPICS.keys()].map((topic) => [client.topicPrefix + topic, topic]));
    await link.cluster.addMultipleTargetTopics([...names.keys()]);
    const extents = await allExtentsOf(link, names.keys());
    return [...names].flatMap(([name, topic]) =>
      [...(extents.get(name) ?? [])].map(([partition, { end }]) => ({ topic, partition, end })),
    );
  });
}
