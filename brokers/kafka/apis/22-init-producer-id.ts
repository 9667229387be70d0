import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';
import { asKnownTo, type ProducerIdentity } from '../transaction.ts';
import type { Initialized } from '../transactions.ts';

const NONE = -1;

/**
 * InitProducerId Request (0–4) => transactional_id transaction_timeout_ms producer_id producer_epoch
 *   transactional_id => NULLABLE_STRING      null: idempotent only
 *   transaction_timeout_ms => INT32
 *   producer_id => INT64                3+: who it was, when it goes on after an error (KIP-360); else −1
 *   producer_epoch => INT16             3+
 *
 * InitProducerId Response (0–4) => throttle_time_ms error_code producer_id producer_epoch
 *   throttle_time_ms => INT32
 *   error_code => INT16
 *   producer_id => INT64
 *   producer_epoch => INT16
 */
export function initProducerId({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const transactionalId = body.nullableString();
  const timeoutMs = body.int32();
  const former = version >= 3 ? { producerId: body.int64(), epoch: body.int16() } : { producerId: NONE, epoch: NONE };
  const { error, producerId, epoch } = initialize(broker, transactionalId, timeoutMs, former);

  answer
    .int32(0)
    .errorCode(asKnownTo(version >= 4, error))
    .int64(producerId)
    .int16(epoch);
}

function initialize(
  { transactions }: BrokerState,
  transactionalId: string | null,
  timeoutMs: number,
  former: ProducerIdentity,
): Initialized {
  if ((former.producerId === NONE) !== (former.epoch === NONE)) {
    return { error: ErrorCode.INVALID_REQUEST, producerId: NONE, epoch: NONE };
  }
  if (transactionalId === null) return { error: ErrorCode.NONE, producerId: transactions.newProducerId(), epoch: 0 };
  return transactions.initialize(transactionalId, timeoutMs, former.producerId === NONE ? undefined : former);
}
