import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { NOTHING } from '../member.ts';
import { type BrokerState, OPERATIONS_UNKNOWN, type Request } from '../request.ts';

/**
 * DescribeGroups Request (0–5) => [groups] include_authorized_operations
 *   groups => STRING
 *   include_authorized_operations => BOOLEAN        3+
 *
 * DescribeGroups Response (0–5) => throttle_time_ms [groups]
 *   throttle_time_ms => INT32           1+
 *   groups => error_code group_id group_state protocol_type protocol_data [members] authorized_operations
 *     error_code => INT16
 *     group_id => STRING
 *     group_state => STRING             "Dead", without an error, for a group that is not there
 *     protocol_type => STRING
 *     protocol_data => STRING
 *     members => member_id group_instance_id client_id client_host member_metadata member_assignment
 *       member_id => STRING
 *       group_instance_id => NULLABLE_STRING        4+
 *       client_id => STRING
 *       client_host => STRING
 *       member_metadata => BYTES
 *       member_assignment => BYTES
 *     authorized_operations => INT32    3+
 */
export function describeGroups({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const ids = body.values(() => body.string());

  if (version >= 1) answer.int32(0);
  answer.array(ids, (id) => {
    const group = broker.groups.get(id);
    const stable = group?.state === 'Stable';
    answer
      .errorCode(ErrorCode.NONE)
      .string(id)
      .string(group?.state ?? 'Dead');
    answer.string(group?.protocolType ?? '').string(group?.protocol ?? '');
    answer.array([...(group?.members() ?? [])], (member) => {
      answer.string(member.id);
      if (version >= 4) answer.nullableString(member.instanceId);
      answer.string(member.clientId).string(member.clientHost);
      answer.bytes(stable ? member.metadataFor(group.protocol) : NOTHING);
      answer.bytes(stable ? member.assignment : NOTHING);
    });
    if (version >= 3) answer.int32(OPERATIONS_UNKNOWN);
  });
}
