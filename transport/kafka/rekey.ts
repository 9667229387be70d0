import type { InRecord } from '../../contracts/kafka-records.ts';
import { untilAborted } from '../../contracts/until-aborted.ts';
import type { KafkaClient } from './client.ts';
import type { Preparation } from './consumer.ts';
import { stopped } from './errors.ts';
import { carryOut, Moving } from './moving.ts';
import { extentsOf, persistently } from './offsets.ts';
import { TopicReader } from './reader.ts';
import type { RecordSink, TaskDefinition } from './types.ts';

export interface RekeyOptions extends Preparation {
  readonly client: KafkaClient;
  readonly definition: TaskDefinition;
  readonly sink: RecordSink;
}

/**
 * Moves each record of a group's tables to the partition that its key has among `partitions`, where some were added. Called while
 * nobody of the group works: whoever gets a partition afterwards finds there all that was ever known of its keys.
 */
export async function rekey(options: RekeyOptions): Promise<void> {
  const { client, partitions, definition, sink } = options;
  const { rekeyed } = definition;
  if (!rekeyed || !(await mayHaveStrays(options))) return;
  const moving = new Moving(partitions, rekeyed);
  await readTables(options, (record) => moving.find(record));
  if (!moving.isNeeded) return;
  await readTables(options, (record) => moving.compare(record));
  const moves = moving.moves();
  client.logger.info({ records: moves.length, partitions }, 'partitions were added: moving keys');
  await unlessStopped(options, carryOut(moves, sink));
}

/** A group that has committed in every partition has been through this, or began with as many. */
async function mayHaveStrays({ client, link, membership, partitions, definition, signal }: RekeyOptions) {
  const { inputs, tables = [] } = definition;
  const named = (topics: readonly string[]) => topics.map((topic) => client.topicPrefix + topic);
  const numbers = [...Array(partitions).keys()];
  return await persistently(client, link, signal, async () => {
    const committed = await membership.committed(link, named(inputs), numbers);
    if (committed.length === inputs.length * partitions) return false;
    const extents = await extentsOf(link, named(tables), numbers);
    return [...extents.values()].some((each) => [...each.values()].some(({ start, end }) => start < end));
  });
}

async function readTables(options: RekeyOptions, onRecord: (record: InRecord) => void): Promise<void> {
  const { client, definition } = options;
  const { role, tables = [] } = definition;
  const topics = new Map(tables.map((topic) => [topic, 'beginning' as const]));
  const reader = new TopicReader({ client, name: `${role} tables`, topics, onRecord });
  try {
    await unlessStopped(
      options,
      reader.start().then(() => reader.caughtUp),
    );
  } finally {
    await reader.stop();
  }
}

/** A Kafka that is away keeps nobody from stopping. */
async function unlessStopped({ definition, signal }: RekeyOptions, work: Promise<void>): Promise<void> {
  await Promise.race([work, untilAborted(signal)]);
  if (signal.aborted) throw stopped(definition.role);
}
