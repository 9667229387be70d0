import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * LeaveGroup Request (0–2) => group_id member_id
 *   group_id => STRING
 *   member_id => STRING
 *
 * LeaveGroup Response (0–2) => throttle_time_ms error_code
 *   throttle_time_ms => INT32           1+
 *   error_code => INT16
 */
export function leaveGroup({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const group = broker.groups.get(body.string());
  const memberId = body.string();

  if (version >= 1) answer.int32(0);
  answer.errorCode(group?.leave(memberId) ?? ErrorCode.UNKNOWN_MEMBER_ID);
}
