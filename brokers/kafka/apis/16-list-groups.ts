import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * ListGroups Request (0–4) => [states_filter]
 *   states_filter => STRING             4+: groups in one of these states; all of them when empty
 *
 * ListGroups Response (0–4) => throttle_time_ms error_code [groups]
 *   throttle_time_ms => INT32           1+
 *   error_code => INT16
 *   groups => group_id protocol_type group_state
 *     group_id => STRING
 *     protocol_type => STRING
 *     group_state => STRING             4+
 */
export function listGroups({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const states = version >= 4 ? body.values(() => body.string().toLowerCase()) : [];
  const groups = broker.groups.all().filter(({ state }) => states.length === 0 || states.includes(state.toLowerCase()));

  if (version >= 1) answer.int32(0);
  answer.errorCode(ErrorCode.NONE);
  answer.array(groups, (group) => {
    answer.string(group.id).string(group.protocolType);
    if (version >= 4) answer.string(group.state);
  });
}
