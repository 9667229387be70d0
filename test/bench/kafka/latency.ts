import { randomUUID } from 'node:crypto';
import type { Producer } from 'kafkajs';
import { percentile } from '../percentile.ts';
import type { BenchBroker } from './brokers.ts';
import type { Figure } from './figures.ts';
import { clientOf, makeTopic } from './kafkajs-client.ts';

const A_SECOND = 1_000;
const WARM_UP = 500;

/** From `send`, acknowledged by all replicas, to `eachMessage`: one record after the other, then 1,000 a second. */
export async function latency(broker: BenchBroker, records: number): Promise<Figure[]> {
  const topic = `latency-${randomUUID()}`;
  const kafka = clientOf(broker);
  await makeTopic(kafka, topic, 1);
  const sentAt: number[] = [];
  const took: number[] = [];
  let arrived: () => void = () => undefined;
  const consumer = kafka.consumer({ groupId: randomUUID() });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const number = Number(message.value);
      took[number] = performance.now() - (sentAt[number] ?? Number.NaN);
      arrived();
    },
  });
  const producer = kafka.producer();
  await producer.connect();
  const send = async (number: number) => {
    sentAt[number] = performance.now();
    await producer.send({ topic, messages: [{ value: String(number) }] });
  };
  const untilArrived = (number: number) =>
    new Promise<void>((resolve) => {
      arrived = () => took[number] !== undefined && resolve();
      arrived();
    });
  for (let number = 0; number < WARM_UP + records; number++) {
    await send(number);
    await untilArrived(number);
  }
  const alone = took.splice(0).slice(WARM_UP);
  await atRate(records, send);
  await untilArrived(records - 1);
  await disconnect(producer);
  await consumer.disconnect();
  return [...figures('one at a time', alone), ...figures('1,000 a second', took)];
}

async function disconnect(producer: Producer): Promise<void> {
  await producer.disconnect();
}

/** Starts so many sends, evenly over time, however long they take. */
async function atRate(records: number, send: (number: number) => Promise<void>): Promise<void> {
  const sends: Promise<void>[] = [];
  const began = performance.now();
  while (sends.length < records) {
    const due = Math.min(records, ((performance.now() - began) / 1_000) * A_SECOND);
    while (sends.length < due) sends.push(send(sends.length));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(sends);
}

function figures(how: string, took: number[]): Figure[] {
  const sorted = took.sort((a, b) => a - b);
  const bound = { ratioAtMost: 1 } as const;
  return [
    { what: `end to end, ${how}: p50`, unit: 'ms', value: percentile(sorted, 0.5), bound },
    { what: `end to end, ${how}: p99`, unit: 'ms', value: percentile(sorted, 0.99), bound },
  ];
}
