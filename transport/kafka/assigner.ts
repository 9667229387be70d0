import { AssignerProtocol } from 'kafkajs';

/** The name under which members of a group agree on it; members with another one are refused (INCONSISTENT_GROUP_PROTOCOL). */
export const ASSIGNER = 'smokewire-copartition';

const VERSION = 0;

/** What a member says about itself when it joins: the topics that it wants. */
export function encodeSubscription(topics: readonly string[]): Buffer {
  return AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics: [...topics], userData: Buffer.alloc(0) });
}

/**
 * Gives partition p of every topic to the same member, the partitions in turn to the members in the order of their ids:
 * numbers differ by one at most, and the same members get the same partitions again. The range and round-robin assigners
 * of Kafka promise this only while topics and subscriptions happen to line up.
 */
export function assignPartitions(memberIds: readonly string[], partitions: number): Map<string, number[]> {
  const sorted = memberIds.toSorted();
  const assigned = new Map(sorted.map((id): [string, number[]] => [id, []]));
  for (let p = 0; p < partitions; p++) assigned.get(sorted[p % sorted.length] ?? '')?.push(p);
  return assigned;
}

/** An assignment as the members receive it: the same partitions of each topic. */
export function encodeAssignment(topics: readonly string[], partitions: readonly number[]): Buffer {
  return AssignerProtocol.MemberAssignment.encode({
    version: VERSION,
    assignment: Object.fromEntries(topics.map((topic) => [topic, [...partitions]])),
    userData: Buffer.alloc(0),
  });
}

/** The partition numbers in an assignment, ascending. */
export function decodeAssignment(bytes: Buffer): number[] {
  const decoded = AssignerProtocol.MemberAssignment.decode(bytes);
  const partitions = Object.values(decoded?.assignment ?? {}).flat();
  return [...new Set(partitions)].toSorted((a, b) => a - b);
}
