import type { BrokerState } from '../request.ts';
import { CLUSTER, GROUPS, OFFSETS, PRODUCERS, TOPICS, TRANSACTIONS } from './entries.ts';
import type { Storage } from './storage.ts';

/** Gives a broker that has nothing yet what its storage has. */
export function restore(broker: BrokerState, storage: Storage): void {
  const [cluster] = storage.entries(CLUSTER);
  if (cluster) broker.clusterId = cluster.value.id;
  else storage.put([['cluster'], { format: 1, id: broker.clusterId }]);

  const topics = storage.entries(TOPICS).map(({ key: [name], value }) => ({ name, ...value }));
  storage.sweep(new Set(topics.map(({ id }) => id)));
  broker.topics.restore(topics);
  broker.groups.restore(
    storage.entries(GROUPS).map(({ key: [id], value }) => ({ id, ...value })),
    storage.entries(OFFSETS).map(({ key: [group, topic, partition], value: committed }) => ({
      group,
      topic,
      partition,
      committed,
    })),
  );
  const now = broker.clock.now();
  const transactions = storage.entries(TRANSACTIONS).map(({ key: [id], value: { usedAt = now, ...transaction } }) => ({
    id,
    transaction,
    usedAt,
  }));
  broker.transactions.restore(storage.entries(PRODUCERS)[0]?.value.next ?? 0, transactions);
}
