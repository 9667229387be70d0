import { afterAll, describe, expect, test } from 'vitest';
import { Harness } from '../../conformance/kafka/harness.ts';
import { runJava } from './java.ts';

const TOOLS = 'org.apache.kafka.tools';

/** The command-line tools of Apache Kafka 4.3.1 on this broker (`host:port`). */
export function toolsSuite(broker: string, address: string): void {
  describe(`${broker} seen by the command-line tools of Apache Kafka 4.3.1`, { timeout: 90_000 }, () => {
    const harness = new Harness([address]);
    afterAll(() => harness.end());

    /** What a tool prints, which is called by its class and may be given input. */
    const tool = (name: string, args: readonly string[], input = '') =>
      runJava(name, ['--bootstrap-server', address, ...args], input);

    test('kafka-topics creates, describes, alters, lists and deletes', async () => {
      const topic = harness.unique('topic');
      const topics = (...args: readonly string[]) => tool(`${TOOLS}.TopicCommand`, ['--topic', topic, ...args]);
      expect(await topics('--create', '--partitions', '2', '--config', 'retention.ms=60000')).toContain(
        'Created topic',
      );
      expect(await topics('--describe')).toMatch(/PartitionCount: 2\s.*Configs: .*retention\.ms=60000/);
      await topics('--alter', '--partitions', '3');
      expect(await topics('--describe')).toContain('PartitionCount: 3');
      expect(await topics('--list')).toContain(topic);
      await topics('--delete');
      expect(await topics('--list')).not.toContain(topic);
    });

    test('kafka-configs adds and deletes a setting', async () => {
      const entity = ['--entity-type', 'topics', '--entity-name', await harness.topic()];
      const configs = (...args: readonly string[]) => tool('kafka.admin.ConfigCommand', [...entity, ...args]);
      await configs('--alter', '--add-config', 'retention.ms=60000,cleanup.policy=[compact,delete]');
      const described = await configs('--describe');
      expect(described).toContain('retention.ms=60000');
      expect(described).toContain('cleanup.policy=compact,delete');
      await configs('--alter', '--delete-config', 'retention.ms');
      expect(await configs('--describe')).not.toContain('retention.ms=60000');
    });

    test('kafka-consumer-groups describes, resets and deletes', async () => {
      const { topic, group } = await consumed();
      const groups = (...args: readonly string[]) =>
        tool(`${TOOLS}.consumer.group.ConsumerGroupCommand`, ['--group', group, ...args]);
      // group, topic, partition, the committed offset, the log's end, and the lag between them.
      const row = (committed: number, lag: number) =>
        new RegExp(`${group}\\s+${topic}\\s+0\\s+${committed}\\s+3\\s+${lag}\\s`);
      expect(await groups('--describe')).toMatch(row(3, 0));
      expect(await groups('--describe', '--state')).toMatch(/\sEmpty\s/);
      const reset = ['--reset-offsets', '--topic', topic, '--execute'];
      expect(await groups(...reset, '--to-earliest')).toMatch(/\s0\s*$/);
      expect(await groups('--describe')).toMatch(row(0, 3));
      await groups(...reset, '--shift-by', '2');
      expect(await groups('--describe')).toMatch(row(2, 1));
      await groups(...reset, '--to-datetime', '2020-01-01T00:00:00.000');
      expect(await groups('--describe')).toMatch(row(0, 3));
      await groups('--delete-offsets', '--topic', topic);
      expect(await groups('--describe')).not.toContain(topic);
      expect(await groups('--delete')).toContain('was successful');
    });

    test('kafka-console-producer and -consumer pass keys and headers on', async () => {
      const [topic, group] = [await harness.topic(), harness.unique('group')];
      const parsed = ['--reader-property', 'parse.key=true', '--reader-property', 'parse.headers=true'];
      const printed = ['--formatter-property', 'print.key=true', '--formatter-property', 'print.headers=true'];
      const record = 'floor:3,unit:°C\tkey\tvalue\n';
      await tool(`${TOOLS}.ConsoleProducer`, ['--topic', topic, '--compression-codec=zstd', ...parsed], record);
      const consumer = ['--topic', topic, '--group', group, '--from-beginning', '--max-messages', '1'];
      expect(await tool(`${TOOLS}.consumer.ConsoleConsumer`, [...consumer, ...printed])).toBe(record);
      const admin = await harness.admin();
      expect(await admin.fetchOffsets({ groupId: group, topics: [topic] })).toMatchObject([
        { topic, partitions: [{ partition: 0, offset: '1' }] },
      ]);
    });

    test('kafka-producer-perf-test and kafka-consumer-perf-test: as fast as they can, and in transactions', async () => {
      const topic = await harness.topic(2);
      const producer = ['--topic', topic, '--record-size', '100', '--throughput', '-1'];
      const plain = await tool(`${TOOLS}.ProducerPerformance`, [...producer, '--num-records', '20000']);
      expect(plain).toMatch(/^20000 records sent, .*99th/m);
      const transactions = ['--num-records', '2000', '--transaction-duration-ms', '100'];
      const transactional = await tool(`${TOOLS}.ProducerPerformance`, [...producer, ...transactions]);
      expect(transactional).toMatch(/^2000 records sent, .*99th/m);
      const consumer = ['--topic', topic, '--num-records', '22000', '--hide-header'];
      const committed = ['--command-property', 'isolation.level=read_committed', '--group', harness.unique('group')];
      const columns = (await tool(`${TOOLS}.ConsumerPerformance`, [...consumer, ...committed])).split(', ');
      // After both times, the megabytes and those a second, the number of records.
      expect(columns[4]).toBe('22000');
    });

    /** A topic with three records, and a group that has read them. */
    async function consumed(): Promise<{ topic: string; group: string }> {
      const [topic, group] = [await harness.topic(), harness.unique('group')];
      const producer = await harness.producer();
      await producer.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value })) });
      const { consumer, until } = await harness.collector(topic, group);
      await until(3);
      await consumer.disconnect();
      return { topic, group };
    }
  });
}
