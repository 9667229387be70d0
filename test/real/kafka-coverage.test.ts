import { expect, inject, test } from 'vitest';
import { APACHE } from '../brokers/kafka/served/apache.ts';
import { ProtocolClient } from '../conformance/kafka/protocol/client.ts';
import { listAt, numberAt } from '../conformance/kafka/protocol/values.ts';

test('Apache Kafka announces what docs/kafka-coverage.md says', async () => {
  const client = await ProtocolClient.connect(inject('kafka'));
  const answer = await client.ask('ApiVersions', 3, { clientSoftwareName: 'wire', clientSoftwareVersion: '1' });
  client.end();
  const announced = listAt(answer, 'apiKeys').map((api) => {
    const versions = [numberAt(api, 'minVersion'), numberAt(api, 'maxVersion')];
    return [numberAt(api, 'apiKey'), versions] as const;
  });
  expect(new Map(announced)).toEqual(APACHE);
});
