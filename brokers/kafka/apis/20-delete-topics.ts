import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode, NO_REFUSAL, type Refusal } from '../error-codes.ts';
import { repeated } from '../repeated.ts';
import type { BrokerState, Request } from '../request.ts';
import { NO_TOPIC_ID } from '../topics.ts';

/**
 * DeleteTopics Request (1–6) => [topics] timeout_ms
 *   topics => name topic_id             1–5: names alone
 *     name => NULLABLE_STRING           either this
 *     topic_id => UUID                  or that, the other null or zeroes
 *   timeout_ms => INT32
 *
 * DeleteTopics Response (1–6) => throttle_time_ms [topics]
 *   throttle_time_ms => INT32
 *   topics => name topic_id error_code error_message
 *     name => STRING                    6+: NULLABLE_STRING
 *     topic_id => UUID                  6+
 *     error_code => INT16
 *     error_message => NULLABLE_STRING  5+
 */
export function deleteTopics({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const wanted =
    version >= 6 ? body.array(() => readTopic(body)) : body.values(() => ({ name: body.string(), id: NO_TOPIC_ID }));

  const twice = repeated(wanted.map(({ name, id }) => name ?? id));

  answer.int32(0);
  answer.array(wanted, (topic) => {
    const { name, id, error, message } = twice.has(topic.name ?? topic.id)
      ? { ...topic, error: ErrorCode.INVALID_REQUEST, message: 'the topic is named twice' }
      : remove(broker, topic);
    if (version >= 6) answer.nullableString(name).uuid(id);
    else answer.string(name ?? '');
    answer.errorCode(error);
    if (version >= 5) answer.nullableString(message);
  });
}

interface Wanted {
  readonly name: string | null;
  readonly id: string;
}

function readTopic(body: Reader): Wanted {
  return { name: body.nullableString(), id: body.uuid() };
}

function remove(broker: BrokerState, { name, id }: Wanted): Wanted & Refusal {
  if ((name === null) === (id === NO_TOPIC_ID)) {
    return { name, id, error: ErrorCode.INVALID_REQUEST, message: 'a topic is named either by its name or by its id' };
  }
  const known = name ?? broker.topics.nameOf(id);
  const topic = known === undefined ? undefined : broker.topics.get(known);
  if (!topic) {
    const error = name === null ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return { name, id, error, message: 'there is no such topic' };
  }
  broker.topics.delete(topic.name);
  broker.groups.forgetTopic(topic.name);
  return { name: topic.name, id: topic.id, ...NO_REFUSAL };
}
