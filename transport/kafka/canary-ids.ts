import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { partitionOf } from './partition.ts';

/**
 * The id of the canary that sings in a partition: the first of −1, −2, … whose key the ordinary hash puts there. So its
 * heartbeats take the way of any other signal, and nothing between it and the bridge knows about partitions. There are
 * PARTITIONS of them; in a partition that was added one of these sings as well.
 */
export function canaryOf(partition: number): number {
  let id = -1;
  while (partitionOf(String(id), PARTITIONS) !== partition % PARTITIONS) id--;
  return id;
}

/** Where a canary sings: in the partition that its key has among PARTITIONS, and in every PARTITIONS-th after that. */
export function partitionsOfCanary(id: number, partitions: number): number[] {
  const sung: number[] = [];
  for (let p = partitionOf(String(id), PARTITIONS); p < partitions; p += PARTITIONS) sung.push(p);
  return sung;
}
