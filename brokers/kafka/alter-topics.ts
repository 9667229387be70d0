import type { Writer } from './codec/writer.ts';
import { ErrorCode, type Refusal } from './error-codes.ts';
import { repeated } from './repeated.ts';
import type { BrokerState } from './request.ts';
import { type NewTopic, settingsRefusal } from './topic-rules.ts';
import type { Topic } from './topics.ts';

const TOPIC = 2;

/** Settings by name; null is the default. */
export type Settings = NewTopic['settings'];

/** One resource of a request that alters settings: 2 is a topic; a broker's settings come with its options. */
export interface Alteration {
  readonly type: number;
  readonly name: string;
  /** What the topic's settings are to be. */
  settings(topic: Topic): Settings | Refusal;
}

/**
 * Alters topics, each for itself, and writes the answer that AlterConfigs and IncrementalAlterConfigs share:
 *
 * throttle_time_ms [responses]
 *   throttle_time_ms => INT32
 *   responses => error_code error_message resource_type resource_name
 *     error_code => INT16
 *     error_message => NULLABLE_STRING
 *     resource_type => INT8
 *     resource_name => STRING
 */
export function alterTopics(
  broker: BrokerState,
  alterations: readonly Alteration[],
  validateOnly: boolean,
  answer: Writer,
): void {
  const key = ({ type, name }: Alteration) => `${type} ${name}`;
  const twice = repeated(alterations.map(key));

  answer.int32(0);
  answer.array(alterations, (alteration) => {
    const { error, message } = twice.has(key(alteration)) ? TWICE : alter(broker, alteration, validateOnly);
    answer.errorCode(error).nullableString(message).int8(alteration.type).string(alteration.name);
  });
}

const TWICE: Refusal = { error: ErrorCode.INVALID_REQUEST, message: 'the resource is named twice' };

function alter(broker: BrokerState, alteration: Alteration, validateOnly: boolean): Refusal {
  if (alteration.type !== TOPIC) {
    return { error: ErrorCode.INVALID_REQUEST, message: 'only topics have settings that change' };
  }
  if (alteration.name === '') return { error: ErrorCode.INVALID_REQUEST, message: 'a topic has a name' };
  const topic = broker.topics.get(alteration.name);
  if (!topic) return { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: null };
  const settings = alteration.settings(topic);
  if ('error' in settings) return settings;
  const refusal = settingsRefusal(settings);
  if (refusal.error === ErrorCode.NONE && !validateOnly) broker.topics.configure(topic, settings);
  return refusal;
}
