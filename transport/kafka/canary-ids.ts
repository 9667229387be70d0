import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { partitionOf } from './partition.ts';

/**
 * The id of a partition's canary: the first of −1, −2, … whose key the ordinary hash puts there. So its heartbeats take the
 * way of any other signal, and nothing on it knows about partitions.
 */
export function canaryOf(partition: number, partitions: number = PARTITIONS): number {
  let id = -1;
  while (partitionOf(String(id), partitions) !== partition) id--;
  return id;
}
