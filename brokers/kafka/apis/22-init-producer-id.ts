import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * InitProducerId Request (0–4) => transactional_id transaction_timeout_ms
 *   transactional_id => NULLABLE_STRING      null: idempotent only; transactions are refused
 *   transaction_timeout_ms => INT32
 *
 * InitProducerId Response (0–4) => throttle_time_ms error_code producer_id producer_epoch
 *   throttle_time_ms => INT32
 *   error_code => INT16
 *   producer_id => INT64
 *   producer_epoch => INT16
 */
export function initProducerId({ body }: Request, answer: Writer, broker: BrokerState): undefined {
  const served = body.nullableString() === null;
  body.int32();

  answer.int32(0);
  answer.errorCode(served ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST);
  answer.int64(served ? broker.newProducerId() : -1).int16(served ? 0 : -1);
}
