import type { Writer } from '../codec/writer.ts';
import { commitTopics, readOffsets, writeCommitted } from '../commit.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * OffsetCommit Request (2–8) => group_id generation_id member_id group_instance_id retention_time_ms [topics]
 *   group_id => STRING
 *   generation_id => INT32              −1 from who is no member
 *   member_id => STRING
 *   group_instance_id => NULLABLE_STRING            7+
 *   retention_time_ms => INT64          2–4
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => index committed_offset committed_leader_epoch committed_metadata
 *       index => INT32
 *       committed_offset => INT64       negative ones too: kafkajs resets a group by committing −1 or −2
 *       committed_leader_epoch => INT32 6+
 *       committed_metadata => NULLABLE_STRING
 *
 * OffsetCommit Response (2–8) => throttle_time_ms [topics]: see `writeCommitted`.
 *   throttle_time_ms => INT32           3+
 */
export function offsetCommit({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const groupId = body.string();
  const generation = body.int32();
  const memberId = body.string();
  const instanceId = version >= 7 ? body.nullableString() : null;
  if (version <= 4) body.int64();
  const topics = readOffsets(body, version >= 6);
  const committed = commitTopics(broker, topics, () => {
    const { error, offsets } = broker.groups.forCommit(groupId, { memberId, instanceId, generation });
    return { error, commit: (...what) => offsets?.commit(...what) };
  });

  if (version >= 3) answer.int32(0);
  writeCommitted(answer, committed);
}
