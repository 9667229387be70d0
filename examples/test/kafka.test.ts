import { Kafka, logLevel } from 'kafkajs';
import { startKafka } from 'smokewire/kafka';
import { expect, it, onTestFinished } from 'vitest';

it('is a Kafka broker for tests, without Java or Docker', async () => {
  const broker = await startKafka();
  onTestFinished(() => broker.stop());
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  onTestFinished(() => producer.disconnect());

  // The first Produce loses its connection after it was handled: the client has to send it again.
  const lost = broker.faults.intercept(({ api }) => (api === 'Produce' ? { kind: 'drop', when: 'after' } : undefined), {
    times: 1,
  });
  await producer.send({ topic: 'orders', messages: [{ key: 'a', value: '1' }] });

  expect(lost.hits).toBe(1);
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  const offsets = await admin.fetchTopicOffsets('orders');
  expect(offsets.reduce((sum, { high }) => sum + Number(high), 0)).toBe(2);
});
