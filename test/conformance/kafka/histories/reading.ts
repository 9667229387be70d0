import { batchesOf, type ReadRecord, withoutAborted } from '../protocol/batches.ts';
import { at, listAt, numberAt, type Value } from '../protocol/values.ts';
import type { Client } from './world.ts';

export interface Position {
  readonly partition: number;
  readonly committed: boolean;
  readonly from: number;
}

export interface Got {
  readonly error: Value;
  /** The next offset to read. */
  readonly to: number;
  readonly records: readonly ReadRecord[];
  readonly stableOffset: number;
  readonly endOffset: number;
}

/** One Fetch, as a client reads it: what lies before its position or was aborted is left out. Rejects with Unanswered. */
export async function fetchFrom({ link, world }: Client, position: Position, maxWaitMs: number): Promise<Got> {
  const { partition, committed, from } = position;
  const answer = await link.ask('Fetch', 12, {
    replicaId: -1,
    maxWaitMs,
    minBytes: 1,
    maxBytes: 1_000_000,
    isolationLevel: committed ? 1 : 0,
    topics: [{ topic: world.topic, partitions: [{ partition, fetchOffset: from, partitionMaxBytes: 100_000 }] }],
  });
  const found = at(answer, 'responses', 0, 'partitions', 0);
  const bytes = at(found, 'records');
  const batches = Buffer.isBuffer(bytes) ? batchesOf(bytes) : [];
  const aborted = at(found, 'abortedTransactions') === null ? [] : listAt(found, 'abortedTransactions');
  const records = withoutAborted(
    batches,
    aborted.map((one) => ({ producerId: numberAt(one, 'producerId'), firstOffset: numberAt(one, 'firstOffset') })),
  );
  return {
    error: at(found, 'errorCode'),
    to: Math.max(from, (batches.at(-1)?.lastOffset ?? -1) + 1),
    records: records.filter(({ offset }) => offset >= from),
    stableOffset: numberAt(found, 'lastStableOffset'),
    endOffset: numberAt(found, 'highWatermark'),
  };
}

/** Fetches and writes down what came; answers with the next offset. */
export async function readOn(client: Client, position: Position, maxWaitMs: number): Promise<number> {
  const { recorder } = client.world;
  const begin = recorder.tick();
  const { error, to, records } = await fetchFrom(client, position, maxWaitMs);
  if (error !== 0) return position.from;
  recorder.history.reads.push({ ...recorder.since(begin), ...position, to, records });
  return to;
}

/** All of a partition, from its start to its end. */
export async function readAll(client: Client, partition: number, committed: boolean): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  for (let from = 0; ; ) {
    const got = await fetchFrom(client, { partition, committed, from }, 0);
    if (got.error !== 0) throw new Error(`partition ${partition} cannot be read: error ${got.error}`);
    if (got.to === from) return records;
    records.push(...got.records);
    from = got.to;
  }
}
