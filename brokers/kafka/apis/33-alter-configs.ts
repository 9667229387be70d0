import { alterTopics, type Settings } from '../alter-topics.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode, type Refusal } from '../error-codes.ts';
import { repeated } from '../repeated.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * AlterConfigs Request (0–2) => [resources] validate_only
 *   resources => resource_type resource_name [configs]
 *     resource_type => INT8
 *     resource_name => STRING
 *     configs => name value             all that shall be set: what is not named goes back to its default
 *       name => STRING
 *       value => NULLABLE_STRING
 *   validate_only => BOOLEAN
 *
 * AlterConfigs Response (0–2): see `alterTopics`.
 */
export function alterConfigs({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const resources = body.array(() => readResource(body));
  alterTopics(broker, resources, body.boolean(), answer);
}

function readResource(body: Reader) {
  const type = body.int8();
  const name = body.string();
  const settings = body.array(() => [body.string(), body.nullableString()] as const);
  return { type, name, settings: () => problem(settings) ?? settings };
}

function problem(settings: Settings): Refusal | undefined {
  if (settings.some(([, value]) => value === null)) {
    return {
      error: ErrorCode.INVALID_REQUEST,
      message: 'a setting that is null; leave out what shall have its default',
    };
  }
  if (repeated(settings.map(([name]) => name)).size === 0) return undefined;
  return { error: ErrorCode.INVALID_REQUEST, message: 'a setting is named twice' };
}
