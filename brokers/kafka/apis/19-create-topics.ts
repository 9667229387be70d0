import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode, type Refusal } from '../error-codes.ts';
import { repeated } from '../repeated.ts';
import type { BrokerState, Request } from '../request.ts';
import type { NewTopic } from '../topic-rules.ts';
import { NO_TOPIC_ID } from '../topics.ts';

/**
 * CreateTopics Request (2–7) => [topics] timeout_ms validate_only
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
 */
export function createTopics({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const topics = body.array(() => readTopic(body));
  body.int32();
  const validateOnly = body.boolean();
  const twice = repeated(topics.map((topic) => topic.name));

  answer.int32(0);
  answer.array(topics, (topic) => {
    const refusal = twice.has(topic.name) ? TWICE : broker.topics.refusal(topic);
    if (refusal.error === ErrorCode.NONE && !validateOnly) broker.topics.create(topic);
    writeTopic(answer, version, topic, refusal, broker);
  });
}

const TWICE: Refusal = { error: ErrorCode.INVALID_REQUEST, message: 'the topic is named twice' };

function readTopic(body: Reader): NewTopic {
  const name = body.string();
  const partitions = body.int32();
  const replicationFactor = body.int16();
  const assignments = body.array(() => ({ index: body.int32(), nodes: body.values(() => body.int32()) }));
  const settings = body.array(() => [body.string(), body.nullableString()] as const);
  return { name, partitions, replicationFactor, assignments, settings };
}

/**
 * CreateTopics Response (2–7) => throttle_time_ms [topics]
 *   throttle_time_ms => INT32
 *   topics => name topic_id error_code error_message num_partitions replication_factor [configs]
 *     name => STRING
 *     topic_id => UUID                  7+
 *     error_code => INT16
 *     error_message => NULLABLE_STRING
 *     num_partitions => INT32           5+
 *     replication_factor => INT16       5+
 *     configs => name value read_only config_source is_sensitive  5+
 *       name => STRING
 *       value => NULLABLE_STRING
 *       read_only => BOOLEAN
 *       config_source => INT8
 *       is_sensitive => BOOLEAN
 */
function writeTopic(
  answer: Writer,
  version: number,
  topic: NewTopic,
  { error, message }: Refusal,
  broker: BrokerState,
): void {
  answer.string(topic.name);
  const made = error === ErrorCode.NONE ? broker.topics.plan(topic) : undefined;
  // One that is only validated would have had some id.
  if (version >= 7) answer.uuid(made ? (broker.topics.get(topic.name)?.id ?? broker.topics.newId()) : NO_TOPIC_ID);
  answer.errorCode(error).nullableString(message);
  if (version < 5) return;
  answer.int32(made?.partitions ?? -1).int16(made ? 1 : -1);
  answer.array(made?.config.settings() ?? [], ({ name, value, source }) => {
    answer.string(name).nullableString(value).boolean(false).int8(source).boolean(false);
  });
}
