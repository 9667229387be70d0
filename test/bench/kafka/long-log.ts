import {
  batchOf,
  fetchBody,
  frame,
  metadataBody,
  produceBody,
  readFetch,
  WireClient,
} from '../../brokers/kafka/wire.ts';
import { cpuSeconds, residentBytes } from '../process-usage.ts';
import { type BenchBroker, embedded } from './brokers.ts';

const [PRODUCE, FETCH, METADATA] = [0, 1, 3];
const TOPIC = 'long';
const PARTITIONS = 4;
/** As Java's producer fills its batches, which are of 16 KiB by default. */
const RECORDS_A_BATCH = 150;
const RECORD_BYTES = 100;
/** The kernel counts CPU in hundredths of a second, and reading takes few of them: so each part is read often. */
const READINGS = 10;
/** Requests on their way at a time. */
const PIPELINED = 5;

/** What each part of a log cost the broker, in µs of CPU a record, to take in and to give out, and what memory it takes. */
export async function longLog(bytes: number, parts: number) {
  const broker = await embedded();
  try {
    const client = await WireClient.connect(broker.address);
    await client.ask(METADATA, 4, metadataBody(TOPIC));
    const record = { value: 'x'.repeat(RECORD_BYTES) };
    const batch = batchOf(
      Array.from({ length: RECORDS_A_BATCH }, () => record),
      { timestamp: Date.now() },
    );
    const batches = Math.ceil(bytes / batch.length / parts / PARTITIONS) * PARTITIONS;
    // So much for the code to be compiled; of another topic, and its memory stays.
    await fill(client, 'warm', batch, batches);
    const before = residentBytes(broker.pid);
    const produced: number[] = [];
    for (let part = 0; part < parts; part++) {
      produced.push(await micros(broker, batches, () => fill(client, TOPIC, batch, batches)));
    }
    const stored = batches * parts * batch.length;
    const growth = residentBytes(broker.pid) - before;
    const consumed: number[] = [];
    for (let part = 0; part < parts; part++) {
      const from = part * (batches / PARTITIONS) * RECORDS_A_BATCH;
      consumed.push(
        await micros(broker, READINGS * batches, async () => {
          for (let reading = 0; reading < READINGS; reading++) await drain(client, from, batches / PARTITIONS);
        }),
      );
    }
    client.socket.destroy();
    return { stored, produced, consumed, memoryForEachByte: growth / stored };
  } finally {
    await broker.stop();
  }
}

/** The broker's CPU while `work` moves so many batches, in µs a record. */
async function micros(broker: BenchBroker, batches: number, work: () => Promise<void>): Promise<number> {
  const before = cpuSeconds(broker.pid);
  await work();
  return ((cpuSeconds(broker.pid) - before) * 1e6) / (batches * RECORDS_A_BATCH);
}

async function fill(client: WireClient, topic: string, batch: Buffer, batches: number): Promise<void> {
  await client.ask(METADATA, 4, metadataBody(topic));
  const frames = Array.from({ length: PARTITIONS }, (_, partition) =>
    frame(PRODUCE, 7, partition, produceBody(topic, partition, batch)),
  );
  for (let sent = 0, answered = 0; answered < batches; answered++) {
    for (; sent < batches && sent - answered < PIPELINED; sent++) {
      client.send(frames[sent % PARTITIONS] ?? Buffer.alloc(0));
    }
    await client.next();
  }
}

/** Reads so many batches of each partition. */
async function drain(client: WireClient, from: number, batches: number): Promise<void> {
  const to = from + batches * RECORDS_A_BATCH;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (let at = from; at < to; ) {
      const { records } = readFetch(await client.ask(FETCH, 11, fetchBody(TOPIC, partition, at)));
      if (records.length === 0) throw new Error(`nothing at ${at}`);
      for (let batch = 0; batch < records.length; batch += 12 + records.readInt32BE(batch + 8)) at += RECORDS_A_BATCH;
    }
  }
}
