import type { Writer } from '../codec/writer.ts';
import { ErrorCode, NO_REFUSAL, type Refusal } from '../error-codes.ts';
import { type BrokerState, NODE_ID, type Request } from '../request.ts';

const GROUP = 0;
const TRANSACTION = 1;
const NOWHERE = { host: '', port: -1 };

/**
 * FindCoordinator Request (0–3) => key key_type
 * FindCoordinator Request (4) => key_type [keys]
 *   key => STRING
 *   key_type => INT8                    1+   0 group, 1 transaction
 *   keys => STRING
 *
 * FindCoordinator Response (0–3) => throttle_time_ms error_code error_message node_id host port
 *   throttle_time_ms => INT32           1+
 *   error_code => INT16
 *   error_message => NULLABLE_STRING    1+
 *   node_id => INT32
 *   host => STRING
 *   port => INT32
 *
 * FindCoordinator Response (4) => throttle_time_ms [coordinators]
 *   coordinators => key node_id host port error_code error_message
 */
export function findCoordinator({ version, body, peer }: Request, answer: Writer, _broker: BrokerState): undefined {
  if (version < 4) body.string();
  const type = version >= 1 ? body.int8() : GROUP;
  const { error, message } = refusal(type);
  const node = error === ErrorCode.NONE ? NODE_ID : -1;
  const { host, port } = error === ErrorCode.NONE ? peer.advertised : NOWHERE;

  if (version >= 1) answer.int32(0);
  if (version >= 4) {
    const keys = body.values(() => body.string());
    answer.array(keys, (key) => {
      answer.string(key).int32(node).string(host).int32(port).errorCode(error).nullableString(message);
    });
    return;
  }
  answer.errorCode(error);
  if (version >= 1) answer.nullableString(message);
  answer.int32(node).string(host).int32(port);
}

function refusal(type: number): Refusal {
  if (type === GROUP || type === TRANSACTION) return NO_REFUSAL;
  return { error: ErrorCode.INVALID_REQUEST, message: 'groups and transactions have coordinators' };
}
