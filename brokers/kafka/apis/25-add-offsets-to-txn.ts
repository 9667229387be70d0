import type { Writer } from '../codec/writer.ts';
import type { BrokerState, Request } from '../request.ts';
import { asKnownTo } from '../transaction.ts';
import { readProducer } from './24-add-partitions-to-txn.ts';

/**
 * AddOffsetsToTxn Request (0–3) => transactional_id producer_id producer_epoch group_id
 *   transactional_id => STRING
 *   producer_id => INT64
 *   producer_epoch => INT16
 *   group_id => STRING
 *
 * AddOffsetsToTxn Response (0–3) => throttle_time_ms error_code
 *   throttle_time_ms => INT32
 *   error_code => INT16
 */
export function addOffsetsToTxn({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const producer = readProducer(body);
  const error = broker.transactions.addGroup(producer, body.string());

  answer.int32(0).errorCode(asKnownTo(version >= 2, error));
}
