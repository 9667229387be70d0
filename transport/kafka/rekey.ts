import { type InRecord, movedRecord, type OutRecord } from '../../contracts/kafka-records.ts';
import { untilAborted } from '../../contracts/until-aborted.ts';
import type { KafkaClient } from './client.ts';
import type { Preparation } from './consumer.ts';
import { stopped } from './errors.ts';
import { extentsOf, persistently } from './offsets.ts';
import { partitionOf } from './partition.ts';
import { TopicReader } from './reader.ts';
import type { RecordSink, TaskDefinition } from './types.ts';

/** So many records are moved in one go. */
const AT_ONCE = 5_000;

export interface RekeyOptions extends Preparation {
  readonly client: KafkaClient;
  readonly definition: TaskDefinition;
  readonly sink: RecordSink;
}

/** A record on its way: where it stands, and what of it has to stand in its key's partition. */
interface Stray {
  readonly from: InRecord;
  readonly rekeyed: OutRecord;
  readonly target: number;
}

/** What is written in place of a stray: its copy, unless a newer one is there, and what is left where it stood. */
interface Move {
  readonly copy: readonly OutRecord[];
  readonly left: OutRecord;
}

/**
 * Moves each record of a group's tables to the partition that its key has among `partitions`, where some were added; what was
 * moved is copied before it is taken away, so that a crash repeats it. Called while nobody of the group works: whoever gets a
 * partition afterwards finds there all that was ever known of its keys.
 */
export async function rekey(options: RekeyOptions): Promise<void> {
  if (!(await mayHaveStrays(options))) return;
  const strays = await straysOf(options);
  if (strays.size === 0) return;
  const { client, partitions } = options;
  const there = await newestInPlace(options, strays);
  const moves = [...strays.values()].map(({ from, rekeyed, target }): Move => {
    // A copy of before a crash; or a producer knew of the partitions sooner.
    const isThere = (there.get(keyOf(from)) ?? Number.NEGATIVE_INFINITY) >= from.timestamp;
    return { copy: isThere ? [] : [{ ...rekeyed, partition: target }], left: movedRecord(from, partitions) };
  });
  client.logger.info({ records: moves.length, partitions }, 'partitions were added: moving keys');
  await unlessStopped(options, carryOut(moves, options.sink));
}

async function carryOut(moves: readonly Move[], sink: RecordSink): Promise<void> {
  for (let first = 0; first < moves.length; first += AT_ONCE) {
    const some = moves.slice(first, first + AT_ONCE);
    await sink.send(some.flatMap(({ copy }) => copy));
    await sink.send(some.map(({ left }) => left));
  }
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

/** The newest record of each key in each partition that is not its own. */
async function straysOf(options: RekeyOptions): Promise<Map<string, Stray>> {
  const { partitions, definition } = options;
  const strays = new Map<string, Stray>();
  await readTables(options, (record) => {
    if (record.key === null) return;
    const target = partitionOf(record.key, partitions);
    if (target === record.partition) return;
    const place = `${record.partition}/${keyOf(record)}`;
    const rekeyed = record.value === null ? undefined : definition.rekeyed?.(record);
    if (rekeyed) strays.set(place, { from: record, rekeyed, target });
    else strays.delete(place);
  });
  return strays;
}

/** When the newest record was made that the keys of strays have in their own partitions already. */
async function newestInPlace(
  options: RekeyOptions,
  strays: ReadonlyMap<string, Stray>,
): Promise<ReadonlyMap<string, number>> {
  const wanted = new Map([...strays.values()].map(({ from, target }) => [keyOf(from), target]));
  const there = new Map<string, number>();
  await readTables(options, (record) => {
    if (wanted.get(keyOf(record)) !== record.partition) return;
    if (record.value === null) there.delete(keyOf(record));
    else there.set(keyOf(record), record.timestamp);
  });
  return there;
}

function keyOf({ topic, key }: InRecord): string {
  return `${topic}/${key}`;
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
