import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { CommittedOffset } from '../offsets.ts';
import type { BrokerState, Request } from '../request.ts';

/** What is answered for a partition without a committed offset, or with one that is not to be told. */
const NOT_COMMITTED = { offset: -1, leaderEpoch: -1, metadata: '' };

/**
 * OffsetFetch Request (1–7) => group_id [topics] require_stable
 * OffsetFetch Request (8) => [groups] require_stable
 *   groups => group_id [topics]
 *     group_id => STRING
 *     topics => name [partitions]       2+: null for all that the group has
 *       name => STRING
 *       partitions => INT32
 *   require_stable => BOOLEAN           7+   offsets that an open transaction may change are not told (KIP-447)
 */
export function offsetFetch({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const groups = version >= 8 ? body.array(() => readGroup(body)) : [readGroup(body)];
  const stable = version >= 7 && body.boolean();

  if (version >= 3) answer.int32(0);
  const write = ({ id, topics }: Wanted) => {
    const offsets = broker.groups.offsets(id);
    if (version >= 8) answer.string(id);
    answer.array(topics ?? offsets?.all() ?? [], ({ topic, partitions }) => {
      answer.string(topic).array(partitions, (index) => {
        const unstable = stable && (offsets?.isPending(topic, index) ?? false);
        writePartition(answer, version, index, unstable, offsets?.get(topic, index));
      });
    });
    if (version >= 2) answer.errorCode(ErrorCode.NONE);
  };
  if (version >= 8) answer.array(groups, write);
  else groups.forEach(write);
}

interface Wanted {
  readonly id: string;
  readonly topics: readonly { topic: string; partitions: number[] }[] | null;
}

function readGroup(body: Reader): Wanted {
  const id = body.string();
  const topics = body.nullableArray(() => ({
    topic: body.string(),
    partitions: body.values(() => body.int32()),
  }));
  return { id, topics };
}

/**
 * OffsetFetch Response (1–7) => throttle_time_ms [topics] error_code
 * OffsetFetch Response (8) => throttle_time_ms [groups]
 *   throttle_time_ms => INT32           3+
 *   groups => group_id [topics] error_code
 *     group_id => STRING                8+
 *     topics => name [partitions]
 *       name => STRING
 *       partitions => index committed_offset committed_leader_epoch metadata error_code
 *         index => INT32
 *         committed_offset => INT64
 *         committed_leader_epoch => INT32         5+
 *         metadata => NULLABLE_STRING
 *         error_code => INT16
 *     error_code => INT16               2+
 */
function writePartition(
  answer: Writer,
  version: number,
  index: number,
  unstable: boolean,
  committed: CommittedOffset | undefined,
): void {
  const { offset, leaderEpoch, metadata } = unstable || !committed ? NOT_COMMITTED : committed;
  answer.int32(index).int64(offset);
  if (version >= 5) answer.int32(leaderEpoch);
  answer.nullableString(metadata).errorCode(unstable ? ErrorCode.UNSTABLE_OFFSET_COMMIT : ErrorCode.NONE);
}
