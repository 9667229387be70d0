import { Partitioners } from 'kafkajs';

/**
 * The id of each partition's canary: the first of −1, −2, … whose key the ordinary hash (murmur2, as in the Java client)
 * puts there. So its heartbeats take the way of any other signal, and nothing on it knows about partitions.
 */
export function canaryIds(partitions: number): readonly number[] {
  const partitionOf = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 0,
    replicas: [0],
    isr: [0],
  }));
  const ids = new Map<number, number>();
  for (let id = -1; ids.size < partitions; id--) {
    const partition = partitionOf({ topic: 'signals', partitionMetadata, message: { key: String(id), value: '0' } });
    if (!ids.has(partition)) ids.set(partition, id);
  }
  return partitionMetadata.map(({ partitionId }) => ids.get(partitionId) ?? 0);
}
