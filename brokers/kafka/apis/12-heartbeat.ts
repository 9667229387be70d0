import type { Writer } from '../codec/writer.ts';
import { absenceOf } from '../groups.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * Heartbeat Request (0–4) => group_id generation_id member_id group_instance_id
 *   group_id => STRING
 *   generation_id => INT32
 *   member_id => STRING
 *   group_instance_id => NULLABLE_STRING            3+
 *
 * Heartbeat Response (0–4) => throttle_time_ms error_code
 *   throttle_time_ms => INT32           1+
 *   error_code => INT16
 */
export function heartbeat({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const groupId = body.string();
  const generation = body.int32();
  const memberId = body.string();
  const instanceId = version >= 3 ? body.nullableString() : null;

  if (version >= 1) answer.int32(0);
  const group = broker.groups.get(groupId);
  answer.errorCode(group?.heartbeat({ memberId, instanceId, generation }) ?? absenceOf(groupId));
}
