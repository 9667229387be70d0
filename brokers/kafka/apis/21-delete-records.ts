import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

/** In a request: delete up to the end. */
const END = -1;

/**
 * DeleteRecords Request (0–2) => [topics] timeout_ms
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => index offset
 *       index => INT32
 *       offset => INT64                 the first one to keep; −1 keeps none
 *   timeout_ms => INT32
 *
 * DeleteRecords Response (0–2) => throttle_time_ms [topics]
 *   throttle_time_ms => INT32
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => index low_watermark error_code
 *       index => INT32
 *       low_watermark => INT64
 *       error_code => INT16
 */
export function deleteRecords({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const topics = body.array(() => ({
    name: body.string(),
    partitions: body.array(() => ({ index: body.int32(), offset: body.int64() })),
  }));

  answer.int32(0);
  answer.array(topics, ({ name, partitions }) => {
    answer.string(name).array(partitions, ({ index, offset }) => {
      const { lowWatermark, error } = deleteBefore(broker, name, index, offset);
      answer.int32(index).int64(lowWatermark).errorCode(error);
    });
  });
}

function deleteBefore(broker: BrokerState, name: string, index: number, offset: number) {
  const log = broker.topics.log(name, index);
  if (!log) return { lowWatermark: -1, error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  // What is only compacted is never complete from some offset on.
  if (broker.topics.get(name)?.config.deletes === false) return { lowWatermark: -1, error: ErrorCode.POLICY_VIOLATION };
  const until = offset === END ? log.endOffset : offset;
  if (until < 0 || until > log.endOffset) return { lowWatermark: -1, error: ErrorCode.OFFSET_OUT_OF_RANGE };
  log.deleteBefore(until);
  return { lowWatermark: log.startOffset, error: ErrorCode.NONE };
}
