import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * DeleteTopics Request (1–3) => [topic_names] timeout_ms
 *   topic_names => STRING
 *   timeout_ms => INT32
 *
 * DeleteTopics Response (1–3) => throttle_time_ms [topics]
 *   throttle_time_ms => INT32
 *   topics => name error_code
 *     name => STRING
 *     error_code => INT16
 */
export function deleteTopics({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const names = body.array(() => body.string());

  answer.int32(0);
  answer.array(names, (name) => {
    const deleted = broker.topics.delete(name);
    if (deleted) broker.groups.forgetTopic(name);
    answer.string(name).errorCode(deleted ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });
}
