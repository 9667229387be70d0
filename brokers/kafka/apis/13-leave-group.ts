import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * LeaveGroup Request (0–5) => group_id member_id [members]
 *   group_id => STRING
 *   member_id => STRING                 0–2
 *   members => member_id group_instance_id reason   3+
 *     member_id => STRING               empty for whoever has the instance's id
 *     group_instance_id => NULLABLE_STRING
 *     reason => NULLABLE_STRING         5+: for people (KIP-800)
 *
 * LeaveGroup Response (0–5) => throttle_time_ms error_code [members]
 *   throttle_time_ms => INT32           1+
 *   error_code => INT16                 3+: what concerns the request as a whole
 *   members => member_id group_instance_id error_code           3+
 *     member_id => STRING
 *     group_instance_id => NULLABLE_STRING
 *     error_code => INT16
 */
export function leaveGroup({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const groupId = body.string();
  const group = broker.groups.get(groupId);
  const members =
    version >= 3 ? body.array(() => readMember(body, version)) : [{ memberId: body.string(), instanceId: null }];
  const left = members.map(({ memberId, instanceId }) => ({
    memberId,
    instanceId,
    error: group?.leave(memberId, instanceId) ?? ErrorCode.UNKNOWN_MEMBER_ID,
  }));

  if (version >= 1) answer.int32(0);
  const refusal = groupId === '' ? ErrorCode.INVALID_GROUP_ID : ErrorCode.NONE;
  if (version < 3) {
    answer.errorCode(refusal || (left[0]?.error ?? ErrorCode.NONE));
    return;
  }
  answer.errorCode(refusal).array(refusal === ErrorCode.NONE ? left : [], ({ memberId, instanceId, error }) => {
    answer.string(memberId).nullableString(instanceId).errorCode(error);
  });
}

function readMember(body: Reader, version: number) {
  const member = { memberId: body.string(), instanceId: body.nullableString() };
  if (version >= 5) body.nullableString();
  return member;
}
