import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * OffsetDelete Request (0) => group_id [topics]
 *   group_id => STRING
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => partition_index
 *       partition_index => INT32
 *
 * OffsetDelete Response (0) => error_code throttle_time_ms [topics]
 *   error_code => INT16                 what concerns the group; then nothing is told of topics
 *   throttle_time_ms => INT32
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => partition_index error_code
 *       partition_index => INT32
 *       error_code => INT16
 */
export function offsetDelete({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const groupId = body.string();
  const topics = body.array(() => ({ name: body.string(), partitions: body.array(() => body.int32()) }));
  const { error, offsets, isSubscribed } = broker.groups.forDeletion(groupId);

  answer.errorCode(error).int32(0);
  answer.array(error === ErrorCode.NONE ? topics : [], ({ name, partitions }) => {
    answer.string(name).array(partitions, (partition) => {
      const problem = !broker.topics.log(name, partition)
        ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        : isSubscribed(name)
          ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
          : ErrorCode.NONE;
      if (problem === ErrorCode.NONE) offsets?.forget(name, partition);
      answer.int32(partition).errorCode(problem);
    });
  });
}
