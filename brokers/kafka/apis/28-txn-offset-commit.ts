import type { Writer } from '../codec/writer.ts';
import { commitTopics, readOffsets, writeCommitted } from '../commit.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';
import { asKnownTo } from '../transaction.ts';

/**
 * TxnOffsetCommit Request (0–3) => transactional_id group_id producer_id producer_epoch generation_id member_id
 *                                  group_instance_id [topics]
 *   transactional_id => STRING
 *   group_id => STRING
 *   producer_id => INT64
 *   producer_epoch => INT16
 *   generation_id => INT32              3+   −1 from one that does not say which member it is (KIP-447)
 *   member_id => STRING                 3+
 *   group_instance_id => NULLABLE_STRING            3+
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => index committed_offset committed_leader_epoch committed_metadata
 *       index => INT32
 *       committed_offset => INT64
 *       committed_leader_epoch => INT32 2+
 *       committed_metadata => NULLABLE_STRING
 *
 * TxnOffsetCommit Response (0–3) => throttle_time_ms [topics]: see `writeCommitted`.
 */
export function txnOffsetCommit({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const transactionalId = body.string();
  const groupId = body.string();
  const producer = { transactionalId, producerId: body.int64(), epoch: body.int16() };
  const member = {
    generation: version >= 3 ? body.int32() : -1,
    memberId: version >= 3 ? body.string() : '',
    instanceId: version >= 3 ? body.nullableString() : null,
  };
  const topics = readOffsets(body, version >= 2);
  const committed = commitTopics(broker, topics, () => {
    const fault =
      groupId === ''
        ? ErrorCode.INVALID_GROUP_ID
        : // This API has never learnt PRODUCER_FENCED.
          asKnownTo(false, broker.transactions.mayCommit(producer, groupId));
    const { error, offsets } =
      fault === ErrorCode.NONE ? broker.groups.forTransactionalCommit(groupId, member) : { error: fault };
    return { error, commit: (...what) => offsets?.commitPending(producer.producerId, ...what) };
  });

  answer.int32(0);
  writeCommitted(answer, committed);
}
