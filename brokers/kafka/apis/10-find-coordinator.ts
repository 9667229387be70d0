import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { type BrokerState, NODE_ID, type Request } from '../request.ts';

const GROUP = 0;

/**
 * FindCoordinator Request (0–2) => key key_type
 *   key => STRING
 *   key_type => INT8                    1+   0 group, 1 transaction
 *
 * FindCoordinator Response (0–2) => throttle_time_ms error_code error_message node_id host port
 *   throttle_time_ms => INT32           1+
 *   error_code => INT16
 *   error_message => NULLABLE_STRING    1+
 *   node_id => INT32
 *   host => STRING
 *   port => INT32
 */
export function findCoordinator({ version, body, peer }: Request, answer: Writer, _broker: BrokerState): undefined {
  body.string();
  const served = version < 1 || body.int8() === GROUP;

  if (version >= 1) answer.int32(0);
  answer.errorCode(served ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST);
  if (version >= 1) answer.nullableString(served ? null : 'this broker has no transactions');
  answer.int32(served ? NODE_ID : -1);
  answer.string(served ? peer.advertised.host : '').int32(served ? peer.advertised.port : -1);
}
