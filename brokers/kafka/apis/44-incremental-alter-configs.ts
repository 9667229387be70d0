import { alterTopics, type Settings } from '../alter-topics.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode, type Refusal } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';
import type { Topic } from '../topics.ts';

const SET = 0;
const DELETE = 1;

/**
 * IncrementalAlterConfigs Request (0–1) => [resources] validate_only
 *   resources => resource_type resource_name [configs]
 *     resource_type => INT8
 *     resource_name => STRING
 *     configs => name config_operation value
 *       name => STRING
 *       config_operation => INT8        0 set, 1 back to the default; 2 and 3, for lists, are refused
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
  const settings = new Map<string, string | null>(topic.config.explicit);
  for (const { name, operation, value } of changes) {
    if (operation !== SET && operation !== DELETE) {
      return { error: ErrorCode.INVALID_REQUEST, message: 'settings are set or deleted as a whole' };
    }
    settings.set(name, operation === SET ? value : null);
  }
  return [...settings];
}
