import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { seededRandom } from '../../../app/random.ts';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import { KafkaBroker } from '../../../brokers/kafka/index.ts';
import { Journal } from '../../../brokers/kafka/storage/journal.ts';
import { SegmentFiles } from '../../../brokers/kafka/storage/segment-files.ts';
import { StorageFailure } from '../../../brokers/kafka/store.ts';
import { fetchPartition, produce, WireProducer } from '../../conformance/kafka/protocol/asking.ts';
import { ProtocolClient } from '../../conformance/kafka/protocol/client.ts';
import { at, type Fields } from '../../conformance/kafka/protocol/values.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { batchOf } from './wire.ts';

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of ends.splice(0).reverse()) await end();
});

async function started(data = mkdtempSync(join(tmpdir(), 'smokewire-full-'))) {
  const [clock, logger] = [new ManualClock(), recordingLogger()];
  const broker = new KafkaBroker({ clock, logger, random: seededRandom('full'), data, defaultPartitions: 1 });
  ends.push(() => rmSync(data, { recursive: true, force: true }));
  await broker.start();
  ends.push(() => broker.stop());
  const client = await ProtocolClient.connect(broker.address);
  ends.push(() => client.end());
  await client.ask('Metadata', 12, { topics: [{ name: 't' }] });
  return { data, broker, clock, logger, client };
}

/** From now on the disk takes nothing, until the answer is called. */
function full(): () => void {
  const refuse = () => {
    throw new StorageFailure('ENOSPC: no space left on device, write');
  };
  const spies = [
    vi.spyOn(Journal.prototype, 'put').mockImplementation(refuse),
    vi.spyOn(SegmentFiles.prototype, 'write').mockImplementation(refuse),
    vi.spyOn(SegmentFiles.prototype, 'create').mockImplementation(refuse),
  ];
  return () => {
    for (const spy of spies) spy.mockRestore();
  };
}

const batch = () => batchOf([{ key: 'k', value: 'v' }]);
const committed = async (client: ProtocolClient): Promise<Fields> =>
  fetchPartition(client, { topic: 't', committed: true });

test('a full disk refuses what it cannot keep, goes on reading, and takes it when there is room', async () => {
  const { client, logger } = await started();
  expect(await produce(client, { topic: 't', batch: batch() })).toMatchObject({ errorCode: 0, baseOffset: 0 });
  const free = full();
  const refused = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, baseOffset: -1 };
  for (let i = 0; i < 3; i++) expect(await produce(client, { topic: 't', batch: batch() })).toMatchObject(refused);
  const create = { topics: [{ name: 'u', numPartitions: 1, replicationFactor: 1 }], timeoutMs: 1000 };
  expect(at(await client.ask('CreateTopics', 7, create), 'topics', 0, 'errorCode')).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }];
  const commit = async () => {
    const answer = await client.ask('OffsetCommit', 8, { groupId: 'g', topics });
    return at(answer, 'topics', 0, 'partitions', 0, 'errorCode');
  };
  expect(await commit()).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  expect(await fetchPartition(client, { topic: 't' })).toMatchObject({ errorCode: 0, highWatermark: 1 });
  expect(logger.lines.filter(({ level }) => level === 'error').length, 'told once').toBe(1);

  free();
  expect(await produce(client, { topic: 't', batch: batch() })).toMatchObject({ errorCode: 0, baseOffset: 1 });
  expect(await commit()).toBe(ErrorCode.NONE);
  expect(at(await client.ask('CreateTopics', 7, create), 'topics', 0, 'errorCode')).toBe(ErrorCode.NONE);
});

test('a transaction that a full disk did not let end is ended when its producer asks again', async () => {
  const { client } = await started();
  const producer = new WireProducer(client, 'x');
  await producer.init();
  await producer.add('t', 0);
  await producer.send('t', 0, [{ value: 'v' }]);
  const end = async () => at(await client.ask('EndTxn', 3, { ...producer.identity, committed: true }), 'errorCode');
  const free = full();
  expect(await end()).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  expect(await end()).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  expect(await committed(client)).toMatchObject({ lastStableOffset: 0 });
  free();
  expect(await end()).toBe(ErrorCode.NONE);
  expect(await committed(client)).toMatchObject({ lastStableOffset: 2, abortedTransactions: [] });
});

test('a transaction whose time is up on a full disk is aborted when there is room', async () => {
  const { client, clock } = await started();
  const producer = new WireProducer(client, 'x');
  await producer.init(5_000);
  await producer.add('t', 0);
  await producer.send('t', 0, [{ value: 'v' }]);
  const free = full();
  clock.advance(10_000);
  expect(await committed(client)).toMatchObject({ lastStableOffset: 0 });
  free();
  clock.advance(1_000);
  expect(await committed(client)).toMatchObject({
    lastStableOffset: 2,
    abortedTransactions: [{ producerId: producer.producerId, firstOffset: 0 }],
  });
});
