import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../app/clock.ts';
import { seededRandom } from '../../app/random.ts';
import { KafkaBroker } from '../../brokers/kafka/index.ts';
import { batchOf, fetchBody, frame, metadataBody, produceBody, readFetch, WireClient } from '../brokers/kafka/wire.ts';
import { recordingLogger } from '../support/logger.ts';

const [PRODUCE, FETCH, METADATA] = [0, 1, 3];
const TOPICS = 10;
const PARTITIONS = 4;
const RECORD_BYTES = 1_000;
const RECORDS_A_BATCH = 10;
/** Requests on their way at a time. */
const PIPELINED = 50;

/** What keeping data on disk costs: to write it, beside memory, and to start on it. */
export async function benchKafkaData(bytes: number) {
  const warm = await filled(undefined, bytes / 10);
  await warm.broker.stop();
  const inMemory = await filled(undefined, bytes / 5);
  await inMemory.broker.stop();
  const data = mkdtempSync(join(tmpdir(), 'smokewire-bench-'));
  try {
    const onDisk = await filled(data, bytes);
    await onDisk.broker.stop();

    const startMs: number[] = [];
    for (let i = 0; i < 5; i++) {
      const broker = newBroker(data);
      const starting = performance.now();
      await broker.start();
      startMs.push(performance.now() - starting);
      await broker.stop();
    }
    const broker = newBroker(data);
    await broker.start();
    const client = await WireClient.connect(broker.address);
    const asking = performance.now();
    const { records } = readFetch(await client.ask(FETCH, 11, fetchBody('bench-0', 0, 0)));
    const oldestReadMs = performance.now() - asking;
    if (records.length === 0) throw new Error('nothing is there');
    await broker.stop();
    return {
      startMs: startMs.sort((a, b) => a - b)[2] ?? Number.NaN,
      slowestStartMs: Math.max(...startMs),
      oldestReadMs,
      recordsPerSecond: onDisk.recordsPerSecond,
      shareOfMemorySpeed: onDisk.recordsPerSecond / inMemory.recordsPerSecond,
      rssBytes: onDisk.rssBytes,
    };
  } finally {
    rmSync(data, { recursive: true });
  }
}

function newBroker(data: string | undefined): KafkaBroker {
  const random = seededRandom('bench');
  const kept = data === undefined ? {} : { data };
  return new KafkaBroker({ clock: realClock, random, logger: recordingLogger(), retentionBytes: -1, ...kept });
}

/** A broker with so many bytes of records of 1 KB, in batches of 10, spread over 40 partitions. */
async function filled(data: string | undefined, bytes: number) {
  const broker = newBroker(data);
  await broker.start();
  const client = await WireClient.connect(broker.address);
  for (let i = 0; i < TOPICS; i++) await client.ask(METADATA, 4, metadataBody(`bench-${i}`));
  const batch = batchOf(Array.from({ length: RECORDS_A_BATCH }, () => ({ key: 'k', value: 'x'.repeat(RECORD_BYTES) })));
  const batches = Math.ceil(bytes / batch.length);
  const began = performance.now();
  for (let sent = 0, answered = 0; answered < batches; ) {
    for (; sent < batches && sent - answered < PIPELINED; sent++) {
      const topic = `bench-${sent % TOPICS}`;
      client.send(frame(PRODUCE, 7, sent, produceBody(topic, Math.floor(sent / TOPICS) % PARTITIONS, batch)));
    }
    await client.next();
    answered += 1;
  }
  const seconds = (performance.now() - began) / 1_000;
  const rssBytes = process.memoryUsage.rss();
  client.socket.destroy();
  return { broker, recordsPerSecond: (batches * RECORDS_A_BATCH) / seconds, rssBytes };
}
