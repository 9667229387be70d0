import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { repeated } from '../repeated.ts';
import type { BrokerState, Request } from '../request.ts';
import { growthRefusal } from '../topic-rules.ts';

/**
 * CreatePartitions Request (0–3) => [topics] timeout_ms validate_only
 *   topics => name count [assignments]
 *     name => STRING
 *     count => INT32                    as many as there shall be, old ones included
 *     assignments => [broker_ids]       may be null
 *       broker_ids => INT32
 *   timeout_ms => INT32
 *   validate_only => BOOLEAN
 *
 * CreatePartitions Response (0–3) => throttle_time_ms [results]
 *   throttle_time_ms => INT32
 *   results => name error_code error_message
 *     name => STRING
 *     error_code => INT16
 *     error_message => NULLABLE_STRING
 */
export function createPartitions({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const topics = body.array(() => ({
    name: body.string(),
    count: body.int32(),
    assignments: body.nullableArray(() => body.values(() => body.int32())),
  }));
  body.int32();
  const validateOnly = body.boolean();
  const twice = repeated(topics.map(({ name }) => name));

  answer.int32(0);
  answer.array(topics, ({ name, count, assignments }) => {
    const topic = broker.topics.get(name);
    const { error, message } = twice.has(name)
      ? { error: ErrorCode.INVALID_REQUEST, message: 'the topic is named twice' }
      : topic
        ? growthRefusal(topic.partitions.length, count, assignments)
        : { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: null };
    if (topic && error === ErrorCode.NONE && !validateOnly) broker.topics.grow(topic, count);
    answer.string(name).errorCode(error).nullableString(message);
  });
}
