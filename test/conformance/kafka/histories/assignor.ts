import { subscription } from '../protocol/member.ts';
import type { Fields } from '../protocol/values.ts';

/**
 * `eager`: everyone gives up everything before each rebalance. `cooperative`: a member keeps what it has, and a partition
 * that moves is nobody's for one generation (KIP-429).
 */
export type Style = 'eager' | 'cooperative';

/** What a member tells the leader: its topic, and the partitions that it still owns. */
export function offer(style: Style, topic: string, owned: ReadonlySet<number>): Fields {
  return { name: style, metadata: subscription([topic], JSON.stringify([...owned])) };
}

/** The leader's work: everyone's partitions, by member id. */
export function shares(
  style: Style,
  partitions: number,
  members: ReadonlyMap<string, Buffer>,
): ReadonlyMap<string, number[]> {
  const ids = [...members.keys()].sort();
  const owners = new Map<number, string>();
  if (style === 'cooperative') {
    for (const [id, metadata] of members) for (const partition of ownedIn(metadata)) owners.set(partition, id);
  }
  const given = new Map<string, number[]>(ids.map((id) => [id, []]));
  for (let partition = 0; partition < partitions; partition++) {
    const id = ids[partition % ids.length] ?? '';
    const owner = owners.get(partition) ?? id;
    if (owner === id) given.get(id)?.push(partition);
  }
  return given;
}

/** The note at the end of a subscription. */
function ownedIn(metadata: Buffer): number[] {
  const note = metadata.subarray(metadata.lastIndexOf('['));
  const owned: unknown = JSON.parse(note.toString());
  return Array.isArray(owned) ? owned.map(Number) : [];
}

export function readShare(assignment: Buffer): number[] {
  if (assignment.length === 0) return [];
  const partitions: unknown = JSON.parse(assignment.toString());
  return Array.isArray(partitions) ? partitions.map(Number) : [];
}
