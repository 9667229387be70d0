import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode, NO_REFUSAL } from '../error-codes.ts';
import { type BrokerState, NODE_ID, type Request } from '../request.ts';
import type { Setting } from '../topic-config.ts';

const TOPIC = 2;
const BROKER = 4;
const DYNAMIC_TOPIC_CONFIG = 1;
const STATIC_BROKER_CONFIG = 4;
const DEFAULT_CONFIG = 5;

/**
 * DescribeConfigs Request (1–2) => [resources] include_synonyms
 *   resources => resource_type resource_name [configuration_keys]
 *     resource_type => INT8             2 topic, 4 broker
 *     resource_name => STRING
 *     configuration_keys => STRING      all of them when null
 *   include_synonyms => BOOLEAN
 *
 * DescribeConfigs Response (1–2) => throttle_time_ms [results]
 *   throttle_time_ms => INT32
 *   results => error_code error_message resource_type resource_name [configs]
 *     error_code => INT16
 *     error_message => NULLABLE_STRING
 *     resource_type => INT8
 *     resource_name => STRING
 *     configs => name value read_only config_source is_sensitive [synonyms]
 *       name => STRING
 *       value => NULLABLE_STRING
 *       read_only => BOOLEAN
 *       config_source => INT8
 *       is_sensitive => BOOLEAN
 *       synonyms => name value source
 */
export function describeConfigs({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const resources = body.array(() => readResource(body));
  body.boolean();

  answer.int32(0);
  answer.array(resources, ({ type, name, keys }) => {
    const { error, message, settings } = describe(broker, type, name);
    answer.errorCode(error).nullableString(message).int8(type).string(name);
    const wanted = settings.filter((setting) => keys === null || keys.includes(setting.name));
    answer.array(wanted, (setting) => {
      answer
        .string(setting.name)
        .nullableString(setting.value)
        .boolean(type === BROKER);
      answer
        .int8(source(type, setting))
        .boolean(false)
        .array([], () => undefined);
    });
  });
}

function readResource(body: Reader) {
  return { type: body.int8(), name: body.string(), keys: body.nullableArray(() => body.string()) };
}

function describe(broker: BrokerState, type: number, name: string) {
  const settings: readonly Setting[] = [];
  if (type === TOPIC) {
    const topic = broker.topics.get(name);
    if (topic) return { ...NO_REFUSAL, settings: topic.config.settings() };
    return { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: null, settings };
  }
  if (type === BROKER && name === String(NODE_ID)) return { ...NO_REFUSAL, settings: brokerSettings(broker) };
  return { error: ErrorCode.INVALID_REQUEST, message: 'topics and this broker have settings', settings };
}

function brokerSettings(broker: BrokerState): Setting[] {
  return [
    { name: 'auto.create.topics.enable', value: String(broker.autoCreateTopics), isDefault: false },
    { name: 'default.replication.factor', value: '1', isDefault: false },
    { name: 'num.partitions', value: String(broker.defaultPartitions), isDefault: false },
  ];
}

function source(type: number, setting: Setting): number {
  if (setting.isDefault) return DEFAULT_CONFIG;
  return type === TOPIC ? DYNAMIC_TOPIC_CONFIG : STATIC_BROKER_CONFIG;
}
