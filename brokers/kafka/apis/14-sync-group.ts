import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { absenceOf } from '../groups.ts';
import { type SyncAnswer, syncFailure } from '../member.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * SyncGroup Request (0–5) => group_id generation_id member_id group_instance_id protocol_type protocol_name
 *                            [assignments]
 *   group_id => STRING
 *   generation_id => INT32
 *   member_id => STRING
 *   group_instance_id => NULLABLE_STRING            3+
 *   protocol_type => NULLABLE_STRING    5+: what the member believes was chosen; not null, all the same (KIP-559)
 *   protocol_name => NULLABLE_STRING    5+
 *   assignments => member_id assignment             from the leader alone
 *     member_id => STRING
 *     assignment => BYTES
 *
 * SyncGroup Response (0–5) => throttle_time_ms error_code protocol_type protocol_name assignment
 *   throttle_time_ms => INT32           1+
 *   error_code => INT16
 *   protocol_type => NULLABLE_STRING    5+
 *   protocol_name => NULLABLE_STRING    5+
 *   assignment => BYTES
 */
export function syncGroup({ version, body }: Request, answer: Writer, broker: BrokerState): Promise<void> | undefined {
  const groupId = body.string();
  const generation = body.int32();
  const memberId = body.string();
  const instanceId = version >= 3 ? body.nullableString() : null;
  const protocolType = version >= 5 ? body.nullableString() : null;
  const protocol = version >= 5 ? body.nullableString() : null;
  const assignments = body.array(() => ({ memberId: body.string(), assignment: body.bytes() }));

  const write = (synced: SyncAnswer) => {
    if (version >= 1) answer.int32(0);
    answer.errorCode(synced.error);
    if (version >= 5) answer.nullableString(synced.protocolType).nullableString(synced.protocol);
    answer.bytes(synced.assignment);
  };
  const mute = version >= 5 && (protocolType === null || protocol === null);
  if (mute) return void write(syncFailure(ErrorCode.INCONSISTENT_GROUP_PROTOCOL));
  const synced =
    broker.groups.get(groupId)?.sync({ memberId, instanceId, generation, protocolType, protocol, assignments }) ??
    syncFailure(absenceOf(groupId));
  if (synced instanceof Promise) return synced.then(write);
  write(synced);
  return undefined;
}
