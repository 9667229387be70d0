import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * ListGroups Request (0–2) => nothing
 *
 * ListGroups Response (0–2) => throttle_time_ms error_code [groups]
 *   throttle_time_ms => INT32           1+
 *   error_code => INT16
 *   groups => group_id protocol_type
 *     group_id => STRING
 *     protocol_type => STRING
 */
export function listGroups({ version }: Request, answer: Writer, broker: BrokerState): undefined {
  if (version >= 1) answer.int32(0);
  answer.errorCode(ErrorCode.NONE);
  answer.array(broker.groups.all(), (group) => void answer.string(group.id).string(group.protocolType));
}
