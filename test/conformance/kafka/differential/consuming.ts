import fc from 'fast-check';
import { subscription } from '../protocol/member.ts';
import { at, type Value } from '../protocol/values.ts';
import { committed, group, offset, type Step, topic, versions, writing } from './step.ts';

/** A group has one member at most, so that no request waits for another. */
export const consuming = fc.oneof(
  fc.record({ group, version: versions(0, 9) }).map(
    (drawn): Step => ({
      api: 'JoinGroup',
      version: drawn.version,
      reads: false,
      request: (world) => {
        const groupId = world.named(drawn.group);
        return {
          groupId,
          sessionTimeoutMs: 60_000,
          rebalanceTimeoutMs: 60_000,
          memberId: world.member(groupId).memberId,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: subscription([world.named('a')], '') }],
        };
      },
      learn: (world, answer) => {
        const taken = new Set<Value>([0, 79]);
        if (!taken.has(at(answer, 'errorCode'))) return;
        const generationId = Number(at(answer, 'generationId'));
        world.members.set(world.named(drawn.group), { memberId: String(at(answer, 'memberId')), generationId });
      },
    }),
  ),
  fc.record({ group, version: versions(0, 5) }).map((drawn) =>
    writing('SyncGroup', drawn.version, (world) => {
      const { memberId, generationId } = world.member(world.named(drawn.group));
      const assignments = [{ memberId, assignment: Buffer.from('share') }];
      const chosen = { protocolType: 'consumer', protocolName: 'range' };
      return { groupId: world.named(drawn.group), memberId, generationId, ...chosen, assignments };
    }),
  ),
  fc.record({ group, ahead: fc.constantFrom(0, 0, 1), version: versions(0, 4) }).map((drawn) =>
    writing('Heartbeat', drawn.version, (world) => {
      const { memberId, generationId } = world.member(world.named(drawn.group));
      return { groupId: world.named(drawn.group), memberId, generationId: generationId + drawn.ahead };
    }),
  ),
  fc.record({ group, version: versions(0, 5) }).map(
    (drawn): Step => ({
      api: 'LeaveGroup',
      version: drawn.version,
      reads: false,
      request: (world) => {
        const { memberId } = world.member(world.named(drawn.group));
        return { groupId: world.named(drawn.group), memberId, members: [{ memberId }] };
      },
      learn: (world) => void world.members.delete(world.named(drawn.group)),
    }),
  ),
  fc.record({ group, topic, offset, member: fc.boolean(), version: versions(2, 8) }).map((drawn) =>
    writing('OffsetCommit', drawn.version, (world) => ({
      groupId: world.named(drawn.group),
      ...(drawn.member ? world.member(world.named(drawn.group)) : { generationId: -1 }),
      topics: [{ name: world.named(drawn.topic), partitions: [committed(drawn.offset)] }],
    })),
  ),
  fc.record({ group, topic }).map((drawn) =>
    writing('OffsetDelete', 0, (world) => ({
      groupId: world.named(drawn.group),
      topics: [{ name: world.named(drawn.topic), partitions: [{ partitionIndex: 0 }] }],
    })),
  ),
  fc
    .record({ group, version: versions(0, 2) })
    .map((drawn) => writing('DeleteGroups', drawn.version, (world) => ({ groupsNames: [world.named(drawn.group)] }))),
);
