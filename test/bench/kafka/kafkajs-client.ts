import { connect } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import type { BenchBroker } from './brokers.ts';

/** kafkajs without Nagle's algorithm, which it has on by itself: a delay of the client's, with any broker. */
export function clientOf({ address }: BenchBroker): Kafka {
  return new Kafka({
    brokers: [address],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 20 },
    socketFactory: ({ host, port, onConnect }) => connect({ host, port, noDelay: true }, onConnect),
  });
}

export async function makeTopic(kafka: Kafka, topic: string, partitions: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions }] });
  await admin.disconnect();
}
