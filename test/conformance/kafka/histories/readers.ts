import { at, numberAt } from '../protocol/values.ts';
import { unlessUnanswered } from './link.ts';
import { readOn } from './reading.ts';
import type { Client } from './world.ts';

/** Follows every partition from its start, outside of any group. */
export async function follower(client: Client, committed: boolean): Promise<void> {
  const { world } = client;
  const positions = Array.from({ length: world.partitions }, () => 0);
  while (world.working()) {
    const partition = client.partition();
    const from = positions[partition] ?? 0;
    positions[partition] = (await readOn(client, { partition, committed, from }, 20).catch(unlessUnanswered)) ?? from;
    await client.rest(5);
  }
}

/** Looks at what groups have committed. */
export async function observer(client: Client, groups: readonly string[]): Promise<void> {
  while (client.world.working()) {
    for (const group of groups) await look(client, group);
    await client.rest(20);
  }
}

/** What a group has committed for each partition, written down; undefined where it cannot be told now. */
export async function look(client: Client, group: string): Promise<number[] | undefined> {
  const { recorder, topic, partitions } = client.world;
  const indexes = Array.from({ length: partitions }, (_, index) => index);
  const begin = recorder.tick();
  const request = { groupId: group, topics: [{ name: topic, partitionIndexes: indexes }], requireStable: true };
  const answer = await client.link.settled('OffsetFetch', 7, request, 'errorCode').catch(unlessUnanswered);
  if (!answer || at(answer, 'errorCode') !== 0) return undefined;
  const span = recorder.since(begin);
  const offsets: number[] = [];
  for (const partition of indexes) {
    const found = at(answer, 'topics', 0, 'partitions', partition);
    if (at(found, 'errorCode') !== 0) return undefined;
    const [offset, metadata] = [numberAt(found, 'committedOffset'), String(at(found, 'metadata'))];
    recorder.history.looks.push({ ...span, group, partition, offset, id: offset < 0 ? null : metadata });
    offsets.push(offset);
  }
  return offsets;
}
