import { alterTopics, type Settings } from '../alter-topics.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode, type Refusal } from '../error-codes.ts';
import { repeated } from '../repeated.ts';
import type { BrokerState, Request } from '../request.ts';
import type { Topic } from '../topics.ts';

const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

/**
 * IncrementalAlterConfigs Request (0–1) => [resources] validate_only
 *   resources => resource_type resource_name [configs]
 *     resource_type => INT8
 *     resource_name => STRING
 *     configs => name config_operation value
 *       name => STRING
 *       config_operation => INT8        0 set, 1 back to the default, 2 append to a list, 3 subtract from one
 *       value => NULLABLE_STRING
 *   validate_only => BOOLEAN
 *
 * IncrementalAlterConfigs Response (0–1): see `alterTopics`.
 */
export function incrementalAlterConfigs({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const resources = body.array(() => readResource(body));
  alterTopics(broker, resources, body.boolean(), answer);
}

function readResource(body: Reader) {
  const type = body.int8();
  const name = body.string();
  const changes = body.array(() => ({ name: body.string(), operation: body.int8(), value: body.nullableString() }));
  return { type, name, settings: (topic: Topic) => changed(topic, changes) };
}

interface Change {
  readonly name: string;
  readonly operation: number;
  readonly value: string | null;
}

function changed(topic: Topic, changes: readonly Change[]): Settings | Refusal {
  if (repeated(changes.map(({ name }) => name)).size > 0) {
    return { error: ErrorCode.INVALID_REQUEST, message: 'a setting is named twice' };
  }
  const settings = new Map<string, string>(topic.config.explicit);
  for (const change of changes) {
    if (change.operation === DELETE) {
      settings.delete(change.name);
      continue;
    }
    const value = changedValue(topic, change);
    if (typeof value === 'object') return value;
    settings.set(change.name, value);
  }
  return [...settings];
}

function changedValue(topic: Topic, { name, operation, value }: Change): string | Refusal {
  if (value === null) return { error: ErrorCode.INVALID_REQUEST, message: `${name.slice(0, 100)} cannot be null` };
  if (operation === SET) return value;
  const list = topic.config.list(name);
  if (!list) return { error: ErrorCode.INVALID_CONFIG, message: `${name.slice(0, 100)} is no list` };
  const items = value.split(/, ?/);
  if (operation === APPEND) return [...new Set([...list, ...items])].join(',');
  if (operation === SUBTRACT) return list.filter((item) => !items.includes(item)).join(',');
  return { error: ErrorCode.INVALID_REQUEST, message: 'there is no such operation' };
}
