import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { murmur2, partitionOf } from '../../../transport/kafka/partition.ts';

test.each([
  // Apache Kafka, UtilsTest#testMurmur2.
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is what Java computes', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

test('every key goes where the default partitioner puts it', () => {
  const partitioner = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (key) => {
      const theirs = partitioner({ topic: 't', partitionMetadata, message: { key, value: '' } });
      expect(partitionOf(key, 7)).toBe(theirs);
    }),
  );
});
