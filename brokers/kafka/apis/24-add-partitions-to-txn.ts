import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';
import { asKnownTo } from '../transaction.ts';
import type { TransactionalProducer } from '../transactions.ts';

/**
 * AddPartitionsToTxn Request (0–3) => transactional_id producer_id producer_epoch [topics]
 *   transactional_id => STRING
 *   producer_id => INT64
 *   producer_epoch => INT16
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => INT32
 *
 * AddPartitionsToTxn Response (0–3) => throttle_time_ms [results]
 *   throttle_time_ms => INT32
 *   results => name [results_by_partition]
 *     name => STRING
 *     results_by_partition => partition_index error_code
 *       partition_index => INT32
 *       error_code => INT16
 */
export function addPartitionsToTxn({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const producer = readProducer(body);
  const topics = body.array(() => ({ topic: body.string(), partitions: body.values(() => body.int32()) }));
  const isThere = (topic: string, partition: number) => broker.topics.log(topic, partition) !== undefined;
  // All are added, or none.
  const all = topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
  const error = all.every(({ topic, partition }) => isThere(topic, partition))
    ? asKnownTo(version >= 2, broker.transactions.addPartitions(producer, all))
    : ErrorCode.OPERATION_NOT_ATTEMPTED;

  answer.int32(0).array(topics, ({ topic, partitions }) => {
    answer.string(topic).array(partitions, (partition) => {
      answer.int32(partition).errorCode(isThere(topic, partition) ? error : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    });
  });
}

/** transactional_id producer_id producer_epoch, as requests within a transaction begin. */
export function readProducer(body: Reader): TransactionalProducer {
  return { transactionalId: body.string(), producerId: body.int64(), epoch: body.int16() };
}
