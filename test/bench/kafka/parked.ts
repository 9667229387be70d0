import { randomUUID } from 'node:crypto';
import { cpuSeconds } from '../process-usage.ts';
import type { BenchBroker } from './brokers.ts';
import type { Figure } from './figures.ts';
import { clientOf, makeTopic } from './kafkajs-client.ts';

const CONSUMERS = 50;
/** Until the code that waits and answers is compiled. */
const WARM_UP_MS = 30_000;

/** What a broker does while consumers, each a group of its own, wait for records that do not come. */
export async function parkedConsumers(broker: BenchBroker, seconds: number): Promise<Figure[]> {
  const topic = `parked-${randomUUID()}`;
  const kafka = clientOf(broker);
  await makeTopic(kafka, topic, 4);
  const consumers = Array.from({ length: CONSUMERS }, () => kafka.consumer({ groupId: randomUUID() }));
  const joined = consumers.map(
    (consumer) => new Promise<void>((resolve) => void consumer.on(consumer.events.GROUP_JOIN, () => resolve())),
  );
  for (const consumer of consumers) {
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: async () => undefined });
  }
  await Promise.all(joined);
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  const before = cpuSeconds(broker.pid);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const percent = (100 * (cpuSeconds(broker.pid) - before)) / seconds;
  await Promise.all(consumers.map((consumer) => consumer.disconnect()));
  const bound = { atMost: 0.5 } as const;
  return [{ what: `${CONSUMERS} consumers parked: the broker's CPU`, unit: '% of a core', value: percent, bound }];
}
