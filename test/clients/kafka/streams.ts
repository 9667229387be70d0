import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Harness } from '../../conformance/kafka/harness.ts';
import { runJava } from './java.ts';

/** Kafka Streams 4.3.1, `java/WordCount.java`, on this broker (`host:port`). */
export function streamsSuite(broker: string, address: string): void {
  describe(`${broker} seen by Kafka Streams 4.3.1`, { timeout: 90_000 }, () => {
    const harness = new Harness([address]);
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'smokewire-streams-'));
    });
    afterAll(async () => {
      await harness.end();
      await rm(folder, { recursive: true, force: true });
    });

    test('counts exactly once, and has its counts again on a machine without them', async () => {
      const [input, output] = [await harness.topic(2), await harness.topic(2)];
      const producer = await harness.producer();
      const count = (total: number, machine: string) =>
        runJava('WordCount', [address, input, output, join(folder, machine), String(total)]).then(JSON.parse);

      await producer.send({ topic: input, messages: [{ value: 'smoke fire smoke' }, { value: 'smoke heat' }] });
      expect(await count(5, 'first')).toEqual({ smoke: 3, fire: 1, heat: 1 });

      // The second one has an empty folder: what it counts on comes from the changelog topic.
      await producer.send({ topic: input, messages: [{ value: 'fire' }] });
      expect(await count(6, 'second')).toEqual({ smoke: 3, fire: 2, heat: 1 });

      const { until } = await harness.collector(output);
      const values = (await until(4)).map(({ value }) => value);
      expect(values).toEqual(expect.arrayContaining(['smoke=3', 'heat=1', 'fire=1', 'fire=2']));
    });
  });
}
