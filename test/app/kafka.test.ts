import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Kafka as Broker, startKafka } from '../../app/kafka.ts';
import { eventually } from '../support/eventually.ts';

let broker: Broker;
let kafka: Kafka;

beforeAll(async () => {
  broker = await startKafka();
  kafka = client('test');
});
afterAll(() => broker.stop());

function client(clientId: string): Kafka {
  return new Kafka({
    clientId,
    brokers: [broker.address],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20 },
  });
}

async function send(topic: string, value: string): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ key: 'k', value }] });
  await producer.disconnect();
}

test('an unmodified client gets over faults that may be tried again', async () => {
  const { faults } = broker;
  const failing = faults.intercept(
    ({ api }) => (api === 'Produce' ? { kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER' } : undefined),
    { times: 1 },
  );
  const dropping = faults.intercept(
    ({ api, recordKeys }) => (api === 'Produce' && recordKeys.includes('k') ? { kind: 'drop' } : undefined),
    { times: 1 },
  );
  await send('retried', 'v');
  expect([failing.hits, dropping.hits]).toEqual([1, 1]);
});

test("a killed consumer's partitions go to the next one as soon as the group is expelled", async () => {
  const consume = async (clientId: string, seen: string[]) => {
    const consumer = client(clientId).consumer({ groupId: 'g', sessionTimeout: 300_000, rebalanceTimeout: 300_000 });
    await consumer.connect();
    await consumer.subscribe({ topic: 'taken-over', fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) });
    return consumer;
  };
  await send('taken-over', 'one');
  const [before, after] = [[] as string[], [] as string[]];
  const killed = await consume('killed', before);
  await eventually('the first one has it', () => before.length === 1);
  const dead = broker.faults.intercept(({ clientId }) => (clientId === 'killed' ? { kind: 'hold' } : undefined));
  await eventually('it is silent', () => dead.held.length > 0);

  broker.faults.expel('g');
  const heir = await consume('heir', after);
  await send('taken-over', 'two');
  await eventually('the next one has it', () => after.includes('two'));
  dead.remove();
  await Promise.all([killed.disconnect(), heir.disconnect()]);
});

test('an unmodified consumer goes on whatever its group and its broker go through', { timeout: 30_000 }, async () => {
  const { faults } = broker;
  const consumer = client('tough').consumer({ groupId: 'tough', heartbeatInterval: 100, maxWaitTimeInMs: 100 });
  const seen: string[] = [];
  await send('tough', 'start');
  await consumer.connect();
  await consumer.subscribe({ topic: 'tough', fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) });
  await eventually('the start', () => seen.includes('start'));
  const trials: Record<string, () => unknown> = {
    'its coordinator moves': () => faults.moveCoordinator('tough'),
    'its group rebalances': () => faults.rebalance('tough'),
    'it is expelled': () => faults.expel('tough'),
    'the broker pauses': async () => {
      faults.pause();
      await eventually('requests to be held', () => faults.held.length > 0);
      faults.resume();
    },
    'the broker is cut off': () => {
      faults.partition();
      faults.heal();
    },
  };
  for (const [trial, go] of Object.entries(trials)) {
    await go();
    await send('tough', trial);
    await eventually(`a record after ${trial}`, () => seen.includes(trial));
  }
  await consumer.disconnect();
});

test('a broker that was stopped is there again, with what it had', async () => {
  await send('kept', 'v');
  const { address } = broker;
  await broker.stop();
  await broker.stop();
  await broker.start();
  expect(broker.address).toBe(address);
  const admin = kafka.admin();
  await admin.connect();
  expect((await admin.fetchTopicOffsets('kept')).map(({ high }) => high).sort()).toEqual(['0', '0', '0', '1']);
  await admin.disconnect();
});
