import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Harness } from '../../conformance/kafka/harness.ts';
import { CAPABILITIES, type Capability, type Fact } from './capabilities.ts';
import { CLIENTS } from './clients.ts';

/** Every client goes through all that it can, on this broker (`host:port`). One that is not installed fails. */
export function clientSuite(broker: string, address: string): void {
  describe.each(CLIENTS)(`${broker} seen by $name`, ({ run, gaps }) => {
    const harness = new Harness([address]);
    const capabilities = Object.entries(CAPABILITIES).filter(([name]) => !Object.hasOwn(gaps, name));
    const topics = new Map<string, string>();
    let facts: ReadonlyMap<string, Fact> = new Map();

    beforeAll(async () => {
      for (const [name, capability] of capabilities) topics.set(name, await prepared(harness, capability));
      facts = await run(address, topics);
    });
    afterAll(() => harness.end());

    test.each(capabilities)('%s', async (name, capability) => {
      const fact = facts.get(name) ?? {};
      expect(fact['error']).toBeUndefined();
      await capability.verify(fact, topics.get(name) ?? '', harness);
    });
  });
}

/** A topic as the capability expects it. */
async function prepared(harness: Harness, { partitions, records }: Capability): Promise<string> {
  if (partitions === 0) return harness.unique('topic');
  const topic = await harness.topic(partitions);
  if (records > 0) {
    const producer = await harness.producer();
    await producer.send({ topic, messages: Array.from({ length: records }, (_, i) => ({ value: String(i) })) });
  }
  return topic;
}
