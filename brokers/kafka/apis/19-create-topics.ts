import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode, type Refusal } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';
import type { NewTopic } from '../topics.ts';

/**
 * CreateTopics Request (2–3) => [topics] timeout_ms validate_only
 *   topics => name num_partitions replication_factor [assignments] [configs]
 *     name => STRING
 *     num_partitions => INT32           −1: the broker's default, or the assignments' number
 *     replication_factor => INT16       −1: the broker's default
 *     assignments => partition_index [broker_ids]
 *       partition_index => INT32
 *       broker_ids => INT32
 *     configs => name value
 *       name => STRING
 *       value => NULLABLE_STRING
 *   timeout_ms => INT32
 *   validate_only => BOOLEAN
 *
 * CreateTopics Response (2–3) => throttle_time_ms [topics]
 *   throttle_time_ms => INT32
 *   topics => name error_code error_message
 *     name => STRING
 *     error_code => INT16
 *     error_message => NULLABLE_STRING
 */
export function createTopics({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const topics = body.array(() => readTopic(body));
  body.int32();
  const validateOnly = body.boolean();
  const names = topics.map((topic) => topic.name);

  answer.int32(0);
  answer.array(topics, (topic) => {
    const twice = names.indexOf(topic.name) !== names.lastIndexOf(topic.name);
    const { error, message } = twice ? TWICE : broker.topics.refusal(topic);
    if (error === ErrorCode.NONE && !validateOnly) broker.topics.create(topic);
    answer.string(topic.name).errorCode(error).nullableString(message);
  });
}

const TWICE: Refusal = { error: ErrorCode.INVALID_REQUEST, message: 'the topic is named twice' };

function readTopic(body: Reader): NewTopic {
  const name = body.string();
  const partitions = body.int32();
  const replicationFactor = body.int16();
  const assignments = body.array(() => ({ index: body.int32(), nodes: body.array(() => body.int32()) }));
  const settings = body.array(() => [body.string(), body.nullableString()] as const);
  return { name, partitions: assignments.length || partitions, replicationFactor, settings };
}
