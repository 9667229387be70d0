import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { bootstrap, CODECS, main, share, until, VALUES } from './main.js';

const BASE = { clientId: 'platformatic', bootstrapBrokers: [bootstrap] };

const producer = (options) => new Producer({ ...BASE, serializers: stringSerializers, ...options });

/** A member of a group that reads a topic. */
async function member(topic, groupId = topic, options = {}) {
  const consumer = new Consumer({
    ...BASE,
    groupId,
    deserializers: stringDeserializers,
    heartbeatInterval: 200,
    maxWaitTime: 200,
    autocommit: false,
  });
  const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest', ...options });
  const messages = [];
  stream.on('data', (message) => messages.push(message));
  return {
    consumer,
    read: (count) => until(() => messages.length >= count && messages.slice(0, count)),
    close: () => consumer.close(true),
  };
}

async function readAll(topic, count, options) {
  const reader = await member(topic, `${topic}-${options?.isolationLevel}`, options);
  const messages = await reader.read(count);
  await reader.close();
  return messages;
}

const texts = (messages) => messages.map(({ value }) => value);

const compression = (codec) => async (topic) => {
  const out = producer({ compression: codec });
  await out.send({ messages: VALUES.map((value) => ({ topic, value })) });
  await out.close();
  return { values: texts(await readAll(topic, VALUES.length)) };
};

await main({
  async topics(topic) {
    const admin = new Admin(BASE);
    await admin.createTopics({ topics: [topic], partitions: 3, replicas: 1 });
    await admin.createTopics({ topics: [`${topic}.gone`], partitions: 1, replicas: 1 });
    await admin.deleteTopics({ topics: [`${topic}.gone`] });
    const { topics } = await admin.metadata({ topics: [topic] });
    await admin.close();
    return { partitions: topics.get(topic).partitionsCount };
  },

  ...Object.fromEntries(CODECS.map((codec) => [codec, compression(codec)])),

  async headers(topic) {
    const out = producer({ idempotent: true });
    await out.send({ messages: [{ topic, key: 'key', value: 'value', headers: { floor: '3', unit: '°C' } }] });
    await out.close();
    const [{ key, value, headers }] = await readAll(topic, 1);
    return { key, value, headers: Object.fromEntries(headers) };
  },

  async rebalance(topic) {
    const owned = ({ consumer }) => consumer.assignments?.flatMap(({ partitions }) => partitions) ?? [];
    const first = await member(topic);
    const [alone] = await share([first], [2], owned);
    const second = await member(topic);
    const together = await share([first, second], [1, 1], owned);
    await second.close();
    const [after] = await share([first], [2], owned);
    await first.close();
    return { alone, together, after };
  },

  async commits(topic) {
    const first = await member(topic);
    const { partition, offset } = (await first.read(4)).at(-1);
    await first.consumer.commit({ offsets: [{ topic, partition, offset: offset + 1n, leaderEpoch: -1 }] });
    await first.close();
    const second = await member(topic);
    const [next] = texts(await second.read(1));
    await second.close();
    return { next };
  },

  async transactions(topic) {
    const out = producer({ idempotent: true, transactionalId: topic });
    for (const value of ['a', 'b', 'c']) {
      const transaction = await out.beginTransaction();
      await transaction.send({ messages: [{ topic, value }] });
      await (value === 'b' ? transaction.abort() : transaction.commit());
    }
    await out.close();
    return {
      committed: texts(await readAll(topic, 2, { isolationLevel: 1 })),
      uncommitted: texts(await readAll(topic, 3, { isolationLevel: 0 })),
    };
  },

  async 'transactional-offsets'(topic) {
    const reader = await member(topic);
    const messages = await reader.read(10);
    const out = producer({ idempotent: true, transactionalId: topic });
    const transaction = await out.beginTransaction();
    await transaction.addConsumer(reader.consumer);
    await transaction.addOffset(messages.at(-1));
    await transaction.commit();
    await out.close();
    await reader.close();
    return { read: messages.length };
  },
});
