import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { LEADER_EPOCH, leaderEpochProblem } from '../leader-epoch.ts';
import type { BrokerState, Request } from '../request.ts';

const UNDEFINED = { epoch: -1, endOffset: -1 };

/**
 * OffsetForLeaderEpoch Request (2–4) => replica_id [topics]
 *   replica_id => INT32                 3+
 *   topics => topic [partitions]
 *     topic => STRING
 *     partitions => partition current_leader_epoch leader_epoch
 *       partition => INT32
 *       current_leader_epoch => INT32
 *       leader_epoch => INT32           of which the end is asked for
 *
 * OffsetForLeaderEpoch Response (2–4) => throttle_time_ms [topics]
 *   throttle_time_ms => INT32
 *   topics => topic [partitions]
 *     topic => STRING
 *     partitions => error_code partition leader_epoch end_offset
 *       error_code => INT16
 *       partition => INT32
 *       leader_epoch => INT32
 *       end_offset => INT64
 */
export function offsetForLeaderEpoch({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  if (version >= 3) body.int32();
  const topics = body.array(() => readTopic(body));

  answer.int32(0).array(topics, ({ name, partitions }) => {
    answer.string(name).array(partitions, ({ index, current, wanted }) => {
      const log = broker.topics.log(name, index);
      const error = log ? leaderEpochProblem(current) : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      const { epoch, endOffset } =
        log && error === ErrorCode.NONE && wanted === LEADER_EPOCH
          ? { epoch: LEADER_EPOCH, endOffset: log.endOffset }
          : UNDEFINED;
      answer.errorCode(error).int32(index).int32(epoch).int64(endOffset);
    });
  });
}

function readTopic(body: Reader) {
  return {
    name: body.string(),
    partitions: body.array(() => ({ index: body.int32(), current: body.int32(), wanted: body.int32() })),
  };
}
