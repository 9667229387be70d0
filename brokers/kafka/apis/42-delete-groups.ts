import type { Writer } from '../codec/writer.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * DeleteGroups Request (0–2) => [groups_names]
 *   groups_names => STRING
 *
 * DeleteGroups Response (0–2) => throttle_time_ms [results]
 *   throttle_time_ms => INT32
 *   results => group_id error_code
 *     group_id => STRING
 *     error_code => INT16
 */
export function deleteGroups({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const ids = [...new Set(body.values(() => body.string()))];

  answer.int32(0);
  answer.array(ids, (id) => void answer.string(id).errorCode(broker.groups.delete(id)));
}
