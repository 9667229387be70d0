import type { Writer } from '../codec/writer.ts';
import type { JoinAnswer } from '../member.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * JoinGroup Request (0–9) => group_id session_timeout_ms rebalance_timeout_ms member_id group_instance_id
 *                            protocol_type [protocols] reason
 *   group_id => STRING
 *   session_timeout_ms => INT32
 *   rebalance_timeout_ms => INT32       1+
 *   member_id => STRING
 *   group_instance_id => NULLABLE_STRING            5+
 *   protocol_type => STRING
 *   protocols => name metadata
 *     name => STRING
 *     metadata => BYTES
 *   reason => NULLABLE_STRING           8+: why it joins, for people (KIP-800)
 */
export function joinGroup(
  { version, body, clientId, peer }: Request,
  answer: Writer,
  broker: BrokerState,
): Promise<void> | undefined {
  const groupId = body.string();
  const sessionTimeoutMs = body.int32();
  const rebalanceTimeoutMs = version >= 1 ? body.int32() : sessionTimeoutMs;
  const memberId = body.string();
  const instanceId = version >= 5 ? body.nullableString() : null;
  const protocolType = body.string();
  const protocols = body.array(() => ({ name: body.string(), metadata: body.bytes() }));

  const joined = broker.groups.join({
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    memberId,
    instanceId,
    protocolType,
    protocols,
    clientId,
    clientHost: `/${peer.remoteHost}`,
    idFirst: version >= 4,
    maySkipAssignment: version >= 9,
  });
  if (joined instanceof Promise) return joined.then((result) => writeAnswer(answer, version, result));
  writeAnswer(answer, version, joined);
  return undefined;
}

/**
 * JoinGroup Response (0–9) => throttle_time_ms error_code generation_id protocol_type protocol_name leader
 *                             skip_assignment member_id [members]
 *   throttle_time_ms => INT32           2+
 *   error_code => INT16
 *   generation_id => INT32
 *   protocol_type => NULLABLE_STRING    7+
 *   protocol_name => STRING             7+: NULLABLE_STRING
 *   leader => STRING
 *   skip_assignment => BOOLEAN          9+: the leader is not to assign, since the group shares already (KIP-814)
 *   member_id => STRING
 *   members => member_id group_instance_id metadata       to the leader alone
 *     member_id => STRING
 *     group_instance_id => NULLABLE_STRING          5+
 *     metadata => BYTES
 */
function writeAnswer(answer: Writer, version: number, joined: JoinAnswer): void {
  if (version >= 2) answer.int32(0);
  answer.errorCode(joined.error).int32(joined.generation);
  if (version >= 7) answer.nullableString(joined.protocolType).nullableString(joined.protocol);
  else answer.string(joined.protocol ?? '');
  answer.string(joined.leader);
  if (version >= 9) answer.boolean(joined.skipAssignment);
  answer.string(joined.memberId).array(joined.members, ({ id, instanceId, metadata }) => {
    answer.string(id);
    if (version >= 5) answer.nullableString(instanceId);
    answer.bytes(metadata);
  });
}
