import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { lz4Compress, lz4Decompress, snappyCompress, snappyDecompress } from '@platformatic/wasm-utils';
import kafkajs from 'kafkajs';
import { bootstrap, CODECS, main, share, until, VALUES } from './main.js';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

// Of itself it has gzip alone; the others are plugged in.
const plugIn = (compress, decompress) => () => ({
  compress: async ({ buffer }) => compress(buffer),
  decompress: async (buffer) => decompress(buffer),
});
CompressionCodecs[CompressionTypes.Snappy] = plugIn(snappyCompress, snappyDecompress);
CompressionCodecs[CompressionTypes.LZ4] = plugIn(lz4Compress, lz4Decompress);
CompressionCodecs[CompressionTypes.ZSTD] = plugIn(zstdCompressSync, zstdDecompressSync);

const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50 } });

async function producer(options) {
  const made = kafka.producer(options);
  await made.connect();
  return made;
}

/** A member of a group that reads a topic. */
async function member(topic, groupId = topic, options = {}) {
  const consumer = kafka.consumer({ groupId, heartbeatInterval: 200, maxWaitTimeInMs: 200, ...options });
  let owned = [];
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    owned = payload.memberAssignment[topic] ?? [];
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const messages = [];
  await consumer.run({ autoCommit: false, eachMessage: async ({ message }) => void messages.push(message) });
  return {
    consumer,
    owned: () => owned,
    read: (count) => until(() => messages.length >= count && messages.slice(0, count)),
  };
}

async function readAll(topic, count, options) {
  const reader = await member(topic, `${topic}-${options?.readUncommitted}`, options);
  const messages = await reader.read(count);
  await reader.consumer.disconnect();
  return messages;
}

const texts = (messages) => messages.map(({ value }) => value.toString());

const compression = (codec) => async (topic) => {
  const out = await producer();
  await out.send({ topic, compression: CODECS.indexOf(codec), messages: VALUES.map((value) => ({ value })) });
  await out.disconnect();
  return { values: texts(await readAll(topic, VALUES.length)) };
};

await main({
  async topics(topic) {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 3 }, { topic: `${topic}.gone` }] });
    await admin.deleteTopics({ topics: [`${topic}.gone`] });
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.disconnect();
    return { partitions: topics[0].partitions.length };
  },

  ...Object.fromEntries(CODECS.map((codec) => [codec, compression(codec)])),

  async headers(topic) {
    const out = await producer({ idempotent: true });
    await out.send({ topic, messages: [{ key: 'key', value: 'value', headers: { floor: '3', unit: '°C' } }] });
    await out.disconnect();
    const [{ key, value, headers }] = await readAll(topic, 1);
    const found = Object.entries(headers).map(([name, bytes]) => [name, bytes.toString()]);
    return { key: key.toString(), value: value.toString(), headers: Object.fromEntries(found) };
  },

  async rebalance(topic) {
    const owned = (reader) => reader.owned();
    const first = await member(topic);
    const [alone] = await share([first], [2], owned);
    const second = await member(topic);
    const together = await share([first, second], [1, 1], owned);
    await second.consumer.disconnect();
    const [after] = await share([first], [2], owned);
    await first.consumer.disconnect();
    return { alone, together, after };
  },

  async commits(topic) {
    const first = await member(topic);
    const { offset } = (await first.read(4)).at(-1);
    await first.consumer.commitOffsets([{ topic, partition: 0, offset: String(BigInt(offset) + 1n) }]);
    await first.consumer.disconnect();
    const second = await member(topic);
    const [next] = texts(await second.read(1));
    await second.consumer.disconnect();
    return { next };
  },

  async transactions(topic) {
    const out = await producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: topic });
    for (const value of ['a', 'b', 'c']) {
      const transaction = await out.transaction();
      await transaction.send({ topic, messages: [{ value }] });
      await (value === 'b' ? transaction.abort() : transaction.commit());
    }
    await out.disconnect();
    return {
      committed: texts(await readAll(topic, 2, { readUncommitted: false })),
      uncommitted: texts(await readAll(topic, 3, { readUncommitted: true })),
    };
  },

  async 'transactional-offsets'(topic) {
    const reader = await member(topic);
    const messages = await reader.read(10);
    const out = await producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: topic });
    const transaction = await out.transaction();
    const partitions = [{ partition: 0, offset: String(messages.length) }];
    await transaction.sendOffsets({ consumerGroupId: topic, topics: [{ topic, partitions }] });
    await transaction.commit();
    await out.disconnect();
    await reader.consumer.disconnect();
    return { read: messages.length };
  },
});
