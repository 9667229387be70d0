import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode, type Refusal } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';
import { settingsRefusal } from '../topics.ts';

const TOPIC = 2;
const SET = 0;
const DELETE = 1;

/**
 * IncrementalAlterConfigs Request (0) => [resources] validate_only
 *   resources => resource_type resource_name [configs]
 *     resource_type => INT8             2 topic; a broker's settings come with its options
 *     resource_name => STRING
 *     configs => name config_operation value
 *       name => STRING
 *       config_operation => INT8        0 set, 1 back to the default; 2 and 3, for lists, are refused
 *       value => NULLABLE_STRING
 *   validate_only => BOOLEAN
 *
 * IncrementalAlterConfigs Response (0) => throttle_time_ms [responses]
 *   throttle_time_ms => INT32
 *   responses => error_code error_message resource_type resource_name
 *     error_code => INT16
 *     error_message => NULLABLE_STRING
 *     resource_type => INT8
 *     resource_name => STRING
 */
export function incrementalAlterConfigs({ body }: Request, answer: Writer, broker: BrokerState): undefined {
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
  const changes = body.array(() => ({ name: body.string(), operation: body.int8(), value: body.nullableString() }));
  return { type, name, changes };
}

function alter(broker: BrokerState, { type, name, changes }: Resource, validateOnly: boolean): Refusal {
  if (type !== TOPIC) return { error: ErrorCode.INVALID_REQUEST, message: 'only topics have settings that change' };
  const topic = broker.topics.get(name);
  if (!topic) return { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: null };
  const settings = new Map<string, string | null>(topic.config.explicit);
  for (const change of changes) {
    if (change.operation !== SET && change.operation !== DELETE) {
      return { error: ErrorCode.INVALID_REQUEST, message: 'settings are set or deleted as a whole' };
    }
    settings.set(change.name, change.operation === SET ? change.value : null);
  }
  const refusal = settingsRefusal([...settings]);
  if (refusal.error === ErrorCode.NONE && !validateOnly) broker.topics.configure(topic, [...settings]);
  return refusal;
}
