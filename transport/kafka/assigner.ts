import { AssignerProtocol } from 'kafkajs';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';

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

/** A member's share of a generation. */
export interface Assignment {
  /** The numbers of its partitions, the same of each topic, ascending. */
  readonly partitions: readonly number[];
  /** How many partitions there are: the leader's word, since others may not know yet that some were added. */
  readonly of: number;
}

/** An assignment as the members receive it. */
export function encodeAssignment(topics: readonly string[], { partitions, of }: Assignment): Buffer {
  return AssignerProtocol.MemberAssignment.encode({
    version: VERSION,
    assignment: Object.fromEntries(topics.map((topic) => [topic, [...partitions]])),
    userData: Buffer.from(String(of)),
  });
}

/** What was assigned; to a member of which the leader did not know, nothing is. */
export function decodeAssignment(bytes: Buffer): Assignment {
  const decoded = AssignerProtocol.MemberAssignment.decode(bytes);
  const partitions = Object.values(decoded?.assignment ?? {}).flat();
  return {
    partitions: [...new Set(partitions)].toSorted((a, b) => a - b),
    of: Number(decoded?.userData.toString() || PARTITIONS),
  };
}
