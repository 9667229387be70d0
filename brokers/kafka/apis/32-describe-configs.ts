import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode, NO_REFUSAL } from '../error-codes.ts';
import { type BrokerState, NODE_ID, type Request } from '../request.ts';
import { ConfigSource, ConfigType, type Setting } from '../topic-config.ts';
import { isTopicName } from '../topic-rules.ts';

const TOPIC = 2;
const BROKER = 4;

/**
 * DescribeConfigs Request (1–4) => [resources] include_synonyms include_documentation
 *   resources => resource_type resource_name [configuration_keys]
 *     resource_type => INT8             2 topic, 4 broker
 *     resource_name => STRING
 *     configuration_keys => STRING      all of them when null or empty
 *   include_synonyms => BOOLEAN         there are none
 *   include_documentation => BOOLEAN    3+; there is none
 *
 * DescribeConfigs Response (1–4) => throttle_time_ms [results]
 *   throttle_time_ms => INT32
 *   results => error_code error_message resource_type resource_name [configs]
 *     error_code => INT16
 *     error_message => NULLABLE_STRING
 *     resource_type => INT8
 *     resource_name => STRING
 *     configs => name value read_only config_source is_sensitive [synonyms] config_type documentation
 *       name => STRING
 *       value => NULLABLE_STRING
 *       read_only => BOOLEAN
 *       config_source => INT8
 *       is_sensitive => BOOLEAN
 *       synonyms => name value source
 *       config_type => INT8             3+
 *       documentation => NULLABLE_STRING            3+
 */
export function describeConfigs({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const resources = body.array(() => readResource(body));

  answer.int32(0);
  answer.array(resources, ({ type, name, keys }) => {
    const { error, message, settings } = describe(broker, type, name);
    answer.errorCode(error).nullableString(message).int8(type).string(name);
    const wanted = keys?.length ? settings.filter((setting) => keys.includes(setting.name)) : settings;
    answer.array(wanted, (setting) => {
      answer
        .string(setting.name)
        .nullableString(setting.value)
        .boolean(type === BROKER);
      answer.int8(setting.source).boolean(false);
      answer.array([], () => undefined);
      if (version >= 3) answer.int8(setting.type).nullableString(null);
    });
  });
}

function readResource(body: Reader) {
  return { type: body.int8(), name: body.string(), keys: body.nullableValues(() => body.string()) };
}

function describe(broker: BrokerState, type: number, name: string) {
  const settings: readonly Setting[] = [];
  if (type === TOPIC) {
    const topic = broker.topics.get(name);
    if (topic) return { ...NO_REFUSAL, settings: topic.config.settings() };
    if (!isTopicName(name)) return { error: ErrorCode.INVALID_TOPIC, message: 'not a topic name', settings };
    return { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: null, settings };
  }
  if (type === BROKER && name === String(NODE_ID)) return { ...NO_REFUSAL, settings: brokerSettings(broker) };
  return { error: ErrorCode.INVALID_REQUEST, message: 'topics and this broker have settings', settings };
}

function brokerSettings(broker: BrokerState): Setting[] {
  const source = ConfigSource.STATIC_BROKER;
  return [
    { name: 'auto.create.topics.enable', value: String(broker.autoCreateTopics), source, type: ConfigType.BOOLEAN },
    { name: 'default.replication.factor', value: '1', source, type: ConfigType.INT },
    { name: 'num.partitions', value: String(broker.defaultPartitions), source, type: ConfigType.INT },
  ];
}
