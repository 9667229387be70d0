import { randomUUID } from 'node:crypto';
import type { EachBatchHandler } from 'kafkajs';
import type { BenchBroker } from './brokers.ts';
import type { Figure } from './figures.ts';
import { clientOf, makeTopic } from './kafkajs-client.ts';

const RECORDS_A_SEND = 500;

/** How many records of a size kafkajs gets in, acknowledged by all replicas, and out again. */
export async function kafkajsRates(broker: BenchBroker, recordBytes: number, records: number): Promise<Figure[]> {
  const topic = `kafkajs-${randomUUID()}`;
  const kafka = clientOf(broker);
  await makeTopic(kafka, topic, 4);
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: RECORDS_A_SEND }, () => ({ value: Buffer.alloc(recordBytes, 'x') }));
  const producing = performance.now();
  for (let sent = 0; sent < records; sent += RECORDS_A_SEND) await producer.send({ topic, messages });
  const produceSeconds = (performance.now() - producing) / 1_000;
  await producer.disconnect();

  const consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  let beforeFirst = 0;
  let began = 0;
  await new Promise<void>((resolve, reject) => {
    const eachBatch: EachBatchHandler = async ({ batch }) => {
      // What the first fetch brought is there before anything can be timed.
      if (seen === 0) {
        began = performance.now();
        beforeFirst = batch.messages.length;
      }
      seen += batch.messages.length;
      if (seen >= records) resolve();
    };
    consumer.run({ eachBatch }).catch(reject);
  });
  const consumeSeconds = (performance.now() - began) / 1_000;
  await consumer.disconnect();

  const size = recordBytes >= 1_000 ? '1 KB' : `${recordBytes} B`;
  const bound = { ratioAtLeast: 1 } as const;
  return [
    { what: `kafkajs: produce ${size}`, unit: 'records/s', value: records / produceSeconds, bound },
    { what: `kafkajs: consume ${size}`, unit: 'records/s', value: (records - beforeFirst) / consumeSeconds, bound },
  ];
}
