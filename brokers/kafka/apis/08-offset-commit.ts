import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { CommittedOffset } from '../offsets.ts';
import type { BrokerState, Request } from '../request.ts';

/** `offset.metadata.max.bytes` of Apache Kafka. */
const MOST_METADATA = 4096;

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
 * OffsetCommit Response (2–8) => throttle_time_ms [topics]
 *   throttle_time_ms => INT32           3+
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => index error_code
 *       index => INT32
 *       error_code => INT16
 */
export function offsetCommit({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const groupId = body.string();
  const generation = body.int32();
  const memberId = body.string();
  const instanceId = version >= 7 ? body.nullableString() : null;
  if (version <= 4) body.int64();
  const topics = body.array(() => readTopic(body, version));
  const { error: refusal, offsets } = broker.groups.forCommit(groupId, memberId, instanceId, generation);

  if (version >= 3) answer.int32(0);
  answer.array(topics, ({ name, partitions }) => {
    answer.string(name).array(partitions, ({ index, committed }) => {
      let error = refusal;
      if (offsets) {
        if (!broker.topics.log(name, index)) error = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        else if ((committed.metadata?.length ?? 0) > MOST_METADATA) error = ErrorCode.OFFSET_METADATA_TOO_LARGE;
        else offsets.commit(name, index, committed);
      }
      answer.int32(index).errorCode(error);
    });
  });
}

function readTopic(body: Reader, version: number) {
  return {
    name: body.string(),
    partitions: body.array(() => ({ index: body.int32(), committed: readCommitted(body, version) })),
  };
}

function readCommitted(body: Reader, version: number): CommittedOffset {
  const offset = body.int64();
  const leaderEpoch = version >= 6 ? body.int32() : -1;
  return { offset, leaderEpoch, metadata: body.nullableString() };
}
