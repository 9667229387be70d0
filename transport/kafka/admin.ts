import type { Admin } from 'kafkajs';
import createAdmin from 'kafkajs/src/admin/index.js';
import type { GroupView } from '../../contracts/http.ts';
import type { KafkaClient } from './client.ts';
import { stopped } from './errors.ts';
import { Link } from './link.ts';

/**
 * Opens an administrator's connection for as long as `use` runs. Rejects with KAFKA_UNREACHABLE, with STOPPED when `signal`
 * aborts, or with what `use` rejects with.
 */
export async function withAdmin<T>(
  client: KafkaClient,
  use: (admin: Admin, link: Link) => Promise<T>,
  signal: AbortSignal = new AbortController().signal,
): Promise<T> {
  const link = new Link(client);
  const close = () => link.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    await link.open([], signal);
    return await use(createAdmin({ cluster: link.cluster, logger: link.kafkajsLogger, retry: { retries: 0 } }), link);
  } catch (error) {
    // kafkajs fails in ways of its own when its connections are cut under it.
    throw signal.aborted ? stopped(client.clientId) : error;
  } finally {
    signal.removeEventListener('abort', close);
    link.close();
  }
}

/** The site's consumer groups, by name, with how far each is behind; a partition counts once the group has committed there. */
export async function listGroups(client: KafkaClient, signal?: AbortSignal): Promise<GroupView[]> {
  return await withAdmin(
    client,
    async (admin) => {
      const { groups: all } = await admin.listGroups();
      const ids = all.map(({ groupId }) => groupId).filter((id) => id.startsWith(client.topicPrefix));
      if (ids.length === 0) return [];
      const { groups } = await admin.describeGroups(ids);
      const ends = new Map<string, Map<number, number>>();
      const views: GroupView[] = [];
      for (const { groupId, state, members } of groups) {
        const partitions: GroupView['partitions'] = [];
        for (const { topic, partitions: offsets } of await admin.fetchOffsets({ groupId })) {
          const end = ends.get(topic) ?? (await endsOf(admin, topic));
          ends.set(topic, end);
          for (const { partition, offset } of offsets) {
            const committed = Number(offset) < 0 ? null : Number(offset);
            const last = end.get(partition) ?? 0;
            partitions.push({
              topic: topic.slice(client.topicPrefix.length),
              partition,
              committed,
              end: last,
              lag: Math.max(0, last - (committed ?? 0)),
            });
          }
        }
        views.push({
          group: groupId.slice(client.topicPrefix.length),
          state,
          members: members.length,
          partitions: partitions.toSorted((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition),
        });
      }
      return views.toSorted((a, b) => a.group.localeCompare(b.group));
    },
    signal,
  );
}

async function endsOf(admin: Admin, topic: string): Promise<Map<number, number>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
}
