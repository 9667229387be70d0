import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

/** What is answered for a partition without a committed offset. */
const NOT_COMMITTED = { offset: -1, leaderEpoch: -1, metadata: '' };

/**
 * OffsetFetch Request (1–5) => group_id [topics]
 *   group_id => STRING
 *   topics => name [partitions]         2+: null for all that the group has
 *     name => STRING
 *     partitions => INT32
 *
 * OffsetFetch Response (1–5) => throttle_time_ms [topics] error_code
 *   throttle_time_ms => INT32           3+
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => index committed_offset committed_leader_epoch metadata error_code
 *       index => INT32
 *       committed_offset => INT64
 *       committed_leader_epoch => INT32 5+
 *       metadata => NULLABLE_STRING
 *       error_code => INT16
 *   error_code => INT16                 2+
 */
export function offsetFetch({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const offsets = broker.groups.offsets(body.string());
  const topics =
    body.nullableArray(() => ({ topic: body.string(), partitions: body.array(() => body.int32()) })) ??
    offsets?.all() ??
    [];

  if (version >= 3) answer.int32(0);
  answer.array(topics, ({ topic, partitions }) => {
    answer.string(topic).array(partitions, (index) => {
      const { offset, leaderEpoch, metadata } = offsets?.get(topic, index) ?? NOT_COMMITTED;
      answer.int32(index).int64(offset);
      if (version >= 5) answer.int32(leaderEpoch);
      answer.nullableString(metadata).errorCode(ErrorCode.NONE);
    });
  });
  if (version >= 2) answer.errorCode(ErrorCode.NONE);
}
