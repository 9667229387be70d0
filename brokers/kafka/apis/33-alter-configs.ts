import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode, type Refusal } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';
import { settingsRefusal } from '../topics.ts';

const TOPIC = 2;

/**
 * AlterConfigs Request (0–1) => [resources] validate_only
 *   resources => resource_type resource_name [configs]
 *     resource_type => INT8             2 topic; a broker's settings come with its options
 *     resource_name => STRING
 *     configs => name value             all that shall be set: what is not named goes back to its default
 *       name => STRING
 *       value => NULLABLE_STRING
 *   validate_only => BOOLEAN
 *
 * AlterConfigs Response (0–1) => throttle_time_ms [responses]
 *   throttle_time_ms => INT32
 *   responses => error_code error_message resource_type resource_name
 *     error_code => INT16
 *     error_message => NULLABLE_STRING
 *     resource_type => INT8
 *     resource_name => STRING
 */
export function alterConfigs({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const resources = body.array(() => readResource(body));
  const validateOnly = body.boolean();

  answer.int32(0);
  answer.array(resources, (resource) => {
    const { error, message } = alter(broker, resource, validateOnly);
    answer.int16(error).nullableString(message).int8(resource.type).string(resource.name);
  });
}

type Resource = ReturnType<typeof readResource>;

function readResource(body: Reader) {
  const type = body.int8();
  const name = body.string();
  return { type, name, settings: body.array(() => [body.string(), body.nullableString()] as const) };
}

function alter(broker: BrokerState, { type, name, settings }: Resource, validateOnly: boolean): Refusal {
  if (type !== TOPIC) return { error: ErrorCode.INVALID_REQUEST, message: 'only topics have settings that change' };
  const topic = broker.topics.get(name);
  if (!topic) return { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: null };
  const refusal = settingsRefusal(settings);
  if (refusal.error === ErrorCode.NONE && !validateOnly) broker.topics.configure(topic, settings);
  return refusal;
}
