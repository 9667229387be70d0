import { describe, expect, test } from 'vitest';
import { REGISTRY } from '../../../brokers/kafka/registry.ts';
import type { Harness } from './harness.ts';
import { at, listAt, numberAt } from './protocol/values.ts';
import { sampleRequests } from './samples.ts';

export function versionTests(harness: () => Harness): void {
  describe('the protocol', () => {
    test.each(REGISTRY.map((api) => [api.name, api]))(
      '%s is answered in every version that is served',
      async (_, api) => {
        const client = await harness().protocol();
        const topic = await harness().topic(2);
        const topicId = await harness().topicId(topic);
        for (let version = api.servedFrom ?? api.min; version <= api.max; version++) {
          const request = sampleRequests({
            topic,
            topicId,
            newTopic: harness().unique('new'),
            group: harness().unique('group'),
            transaction: harness().unique('transaction'),
          })[api.name];
          if (!request) throw new Error(`no sample of ${api.name}`);
          // The client throws for an answer that is longer or shorter than its grammar.
          const answer = await client.ask(api.name, version, request);
          expect(answer, `version ${version}`).toBeDefined();
        }
      },
    );

    test('ApiVersions announces at least what is documented, and no API twice', async () => {
      const client = await harness().protocol();
      for (const version of [0, 1, 2, 3]) {
        const answer = await client.ask('ApiVersions', version, {
          clientSoftwareName: 'a',
          clientSoftwareVersion: '1',
        });
        const announced = new Map(listAt(answer, 'apiKeys').map((api) => [numberAt(api, 'apiKey'), api]));
        expect(announced.size).toBe(listAt(answer, 'apiKeys').length);
        for (const { key, name, min, max } of REGISTRY) {
          expect(numberAt(announced.get(key) ?? null, 'minVersion'), name).toBe(min);
          expect(numberAt(announced.get(key) ?? null, 'maxVersion'), name).toBeGreaterThanOrEqual(max);
        }
      }
    });

    test('ApiVersions in a version of the future names its own in the body of version 0', async () => {
      const client = await harness().protocol();
      const newest = REGISTRY.find(({ name }) => name === 'ApiVersions')?.max ?? 0;
      // Body and header of the version that was asked in, which the broker cannot read.
      const bytes = await client.wire.ask(18, 99, Buffer.from([0, 2, 65, 2, 66, 0]));
      expect(bytes.readInt16BE(0)).toBe(35);
      expect(bytes.readInt32BE(2)).toBe(1);
      expect([bytes.readInt16BE(6), bytes.readInt16BE(8)]).toEqual([18, 0]);
      expect(bytes.readInt16BE(10)).toBeGreaterThanOrEqual(newest);
      expect(at(await client.ask('ApiVersions', 0), 'errorCode'), 'and the client asks again').toBe(0);
    });

    test('ApiVersions refuses a client that calls itself nothing', async () => {
      const client = await harness().protocol();
      const answer = await client.ask('ApiVersions', 3, { clientSoftwareName: '', clientSoftwareVersion: '-' });
      expect(answer).toMatchObject({ errorCode: 42, apiKeys: [] });
    });
  });
}
