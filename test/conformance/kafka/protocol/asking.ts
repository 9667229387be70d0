import { type BatchFields, batchOf, type TestRecord } from '../../../brokers/kafka/wire.ts';
import { eventually } from '../../../support/eventually.ts';
import type { ProtocolClient } from './client.ts';
import { at, type Fields, isFields, type Value } from './values.ts';

/** Loading, not available, not the coordinator, and a transaction that is being completed: "ask again". */
const PASSING = new Set<Value>([14, 15, 16, 51]);

/** Asks until the error at `path` is not one that passes by itself. */
export function settled(ask: () => Promise<Fields>, ...path: (string | number)[]): Promise<Fields> {
  return eventually('the coordinator to be at work', async () => {
    const answer = await ask();
    return !PASSING.has(at(answer, ...path)) && answer;
  });
}

/** Waits until there is a coordinator for groups (`keyType` 0) or transactions (1). Apache Kafka makes its topic now. */
export async function coordinated(client: ProtocolClient, keyType: 0 | 1, key: string): Promise<void> {
  const ask = () => client.ask('FindCoordinator', 4, { keyType, coordinatorKeys: [key] });
  await settled(ask, 'coordinators', 0, 'errorCode');
}

/** A producer, transactional or idempotent, that counts its sequences and sends what it is told. */
export class WireProducer {
  readonly client: ProtocolClient;
  readonly transactionalId: string | null;
  producerId = -1;
  epoch = -1;
  readonly #sequences = new Map<string, number>();

  constructor(client: ProtocolClient, transactionalId: string | null) {
    this.client = client;
    this.transactionalId = transactionalId;
  }

  /** InitProducerId; answers with its error. */
  async init(timeoutMs = 60_000, version = 4): Promise<Value> {
    const { client, transactionalId } = this;
    if (transactionalId !== null) await coordinated(client, 1, transactionalId);
    const request = { transactionalId, transactionTimeoutMs: timeoutMs };
    const answer = await settled(() => client.ask('InitProducerId', version, request), 'errorCode');
    this.producerId = Number(at(answer, 'producerId'));
    this.epoch = Number(at(answer, 'producerEpoch'));
    this.#sequences.clear();
    return at(answer, 'errorCode');
  }

  get identity(): Fields {
    return { transactionalId: this.transactionalId, producerId: this.producerId, producerEpoch: this.epoch };
  }

  async add(topic: string, partition: number, version = 3): Promise<Value> {
    const topics = [{ name: topic, partitions: [partition] }];
    const path = ['results', 0, 'results', 0, 'errorCode'];
    return at(
      await settled(() => this.client.ask('AddPartitionsToTxn', version, { ...this.identity, topics }), ...path),
      ...path,
    );
  }

  async addGroup(groupId: string, version = 3): Promise<Value> {
    const ask = () => this.client.ask('AddOffsetsToTxn', version, { ...this.identity, groupId });
    return at(await settled(ask, 'errorCode'), 'errorCode');
  }

  /** Produces to a partition that was added before; answers with error and offset. */
  async send(
    topic: string,
    partition: number,
    records: readonly TestRecord[],
    fields: BatchFields = {},
  ): Promise<Fields> {
    const sequence = this.#sequences.get(`${topic}-${partition}`) ?? 0;
    this.#sequences.set(`${topic}-${partition}`, sequence + records.length);
    const { producerId, epoch, transactionalId } = this;
    const attributes = transactionalId === null ? 0 : 0b10000;
    const batch = batchOf(records, { attributes, producerId, epoch, sequence, timestamp: Date.now(), ...fields });
    const { errorCode, baseOffset } = await produce(this.client, { topic, partition, batch, transactionalId });
    return { errorCode: errorCode ?? null, baseOffset: baseOffset ?? null };
  }

  async commitOffset(
    groupId: string,
    topic: string,
    committedOffset: number,
    member: Fields = {},
    version = 3,
  ): Promise<Value> {
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: 'of a transaction' }];
    const request = { ...this.identity, groupId, topics: [{ name: topic, partitions }], ...member };
    const path = ['topics', 0, 'partitions', 0, 'errorCode'];
    return at(await settled(() => this.client.ask('TxnOffsetCommit', version, request), ...path), ...path);
  }

  async end(committed: boolean, version = 3): Promise<Value> {
    const ask = () => this.client.ask('EndTxn', version, { ...this.identity, committed });
    return at(await settled(ask, 'errorCode'), 'errorCode');
  }
}

export interface Produced {
  readonly topic: string;
  readonly partition?: number;
  readonly batch: Buffer;
  readonly transactionalId?: string | null;
  readonly acks?: number;
  readonly version?: number;
}

/** Produces one batch; answers for its partition. */
export async function produce(client: ProtocolClient, wanted: Produced): Promise<Fields> {
  const { topic, partition = 0, batch, transactionalId = null, acks = -1, version = 9 } = wanted;
  const topicData = [{ name: topic, partitionData: [{ index: partition, records: batch }] }];
  const answer = await client.ask('Produce', version, { transactionalId, acks, timeoutMs: 10_000, topicData });
  return fieldsAt(answer, 'responses', 0, 'partitionResponses', 0);
}

export interface Fetched {
  readonly topic: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly committed?: boolean;
  readonly maxWaitMs?: number;
  readonly version?: number;
}

/** Fetches one partition; answers for it. */
export async function fetchPartition(client: ProtocolClient, wanted: Fetched): Promise<Fields> {
  const { topic, partition = 0, offset = 0, committed = false, maxWaitMs = 0, version = 12 } = wanted;
  const answer = await client.ask('Fetch', version, {
    replicaId: -1,
    maxWaitMs,
    minBytes: 1,
    maxBytes: 10_000_000,
    isolationLevel: committed ? 1 : 0,
    topics: [{ topic, partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: 10_000_000 }] }],
  });
  return fieldsAt(answer, 'responses', 0, 'partitions', 0);
}

export function fieldsAt(values: Value, ...path: (string | number)[]): Fields {
  const value = at(values, ...path);
  if (!isFields(value)) throw new Error(`${path.join('.')} is no structure`);
  return value;
}
