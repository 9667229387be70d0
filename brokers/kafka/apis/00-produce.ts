import { batchIsTransactional, batchProducer, HEADER_BYTES } from '../batch.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { type Appended, notAppended, type PartitionLog } from '../log.ts';
import type { BrokerState, Request } from '../request.ts';
import { asKnownTo } from '../transaction.ts';

/**
 * Produce Request (3–9) => transactional_id acks timeout_ms [topics]
 *   transactional_id => NULLABLE_STRING
 *   acks => INT16                       0 none: no answer at all; 1 leader; −1 all, which is the same with one broker
 *   timeout_ms => INT32
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => index records
 *       index => INT32
 *       records => NULLABLE_BYTES       one batch, magic 2
 *
 * Produce Response (3–9) => [topics] throttle_time_ms
 *   topics => name [partitions]
 *     partitions => index error_code base_offset log_append_time log_start_offset [record_errors] error_message
 *       index => INT32
 *       error_code => INT16
 *       base_offset => INT64
 *       log_append_time => INT64        −1, but where the topic's records get this time
 *       log_start_offset => INT64       5+
 *       record_errors => batch_index batch_index_error_message       8+   which records are to blame (KIP-467)
 *         batch_index => INT32
 *         batch_index_error_message => NULLABLE_STRING
 *       error_message => NULLABLE_STRING                             8+
 *   throttle_time_ms => INT32
 */
export function produce({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const transactionalId = body.nullableString();
  const acks = body.int16();
  body.int32();
  const topics = body.array(() => readTopic(body));
  const refusal = problem(acks, transactionalId, topics);

  answer.array(topics, ({ name, partitions }) => {
    answer.string(name).array(partitions, ({ index, records }) => {
      const log = broker.topics.log(name, index);
      const { error, baseOffset, appendTime, startOffset, keyless } =
        refusal !== ErrorCode.NONE
          ? notAppended(refusal)
          : log === undefined
            ? notAppended(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
            : append(broker, transactionalId, { name, index, log, records });
      answer.int32(index).errorCode(error).int64(baseOffset).int64(appendTime);
      if (version >= 5) answer.int64(startOffset);
      if (version >= 8) writeRecordErrors(answer, keyless);
    });
  });
  answer.int32(0);
  if (acks === 0) answer.withhold();
}

function writeRecordErrors(answer: Writer, keyless: readonly number[] = []): void {
  answer.array(
    keyless,
    (index) => void answer.int32(index).nullableString('a compacted topic takes no record without a key'),
  );
  answer.nullableString(keyless.length > 0 ? `${keyless.length} records were refused` : null);
}

const EMPTY = Buffer.alloc(0);

interface Topic {
  readonly name: string;
  readonly partitions: readonly { readonly index: number; readonly records: Buffer }[];
}

function readTopic(body: Reader): Topic {
  return {
    name: body.string(),
    partitions: body.array(() => ({ index: body.int32(), records: body.nullableBytes() ?? EMPTY })),
  };
}

/** What is wrong with the request as a whole. */
function problem(acks: number, transactionalId: string | null, topics: readonly Topic[]): ErrorCode {
  if (acks < -1 || acks > 1) return ErrorCode.INVALID_REQUIRED_ACKS;
  const needsId = topics.some(({ partitions }) => partitions.some(({ records }) => isTransactional(records)));
  // As Apache Kafka says it, where nobody may write under no transactional id.
  return needsId && transactionalId === null ? ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED : ErrorCode.NONE;
}

function isTransactional(records: Buffer): boolean {
  return records.length >= HEADER_BYTES && batchIsTransactional(records, 0);
}

interface Target {
  readonly name: string;
  readonly index: number;
  readonly log: PartitionLog;
  readonly records: Buffer;
}

/** A transaction writes only where it said that it would (KIP-890). */
function append(broker: BrokerState, transactionalId: string | null, { name, index, log, records }: Target): Appended {
  if (transactionalId !== null && isTransactional(records)) {
    const { producerId, epoch } = batchProducer(records, 0);
    if (!log.hasOpenTransaction(producerId)) {
      const error = asKnownTo(false, broker.transactions.mayWrite({ transactionalId, producerId, epoch }, name, index));
      if (error !== ErrorCode.NONE) return notAppended(error);
    }
  }
  return log.append(records);
}
