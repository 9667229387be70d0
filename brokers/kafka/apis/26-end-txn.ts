import type { Writer } from '../codec/writer.ts';
import type { BrokerState, Request } from '../request.ts';
import { asKnownTo } from '../transaction.ts';
import { readProducer } from './24-add-partitions-to-txn.ts';

/**
 * EndTxn Request (0–3) => transactional_id producer_id producer_epoch committed
 *   transactional_id => STRING
 *   producer_id => INT64
 *   producer_epoch => INT16
 *   committed => BOOLEAN                false: aborted
 *
 * EndTxn Response (0–3) => throttle_time_ms error_code
 *   throttle_time_ms => INT32
 *   error_code => INT16
 */
export function endTxn({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const producer = readProducer(body);
  const error = broker.transactions.end(producer, body.boolean());

  answer.int32(0).errorCode(asKnownTo(version >= 2, error));
}
