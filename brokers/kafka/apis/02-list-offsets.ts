import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { LEADER_EPOCH, leaderEpochProblem } from '../leader-epoch.ts';
import type { PartitionLog } from '../log.ts';
import type { TimestampedOffset } from '../records.ts';
import { repeated } from '../repeated.ts';
import type { BrokerState, Request } from '../request.ts';

const READ_COMMITTED = 1;
const LATEST = -1;
const EARLIEST = -2;
const NEWEST = -3;
const NONE: TimestampedOffset = { offset: -1, timestamp: -1 };

/**
 * ListOffsets Request (1–7) => replica_id isolation_level [topics]
 *   replica_id => INT32
 *   isolation_level => INT8             2+   1: the end is the last stable offset
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => index current_leader_epoch timestamp
 *       index => INT32
 *       current_leader_epoch => INT32   4+
 *       timestamp => INT64              −1 the end, −2 the start, 7+: −3 the newest record (KIP-734),
 *                                       else the first record that is not older
 *
 * ListOffsets Response (1–7) => throttle_time_ms [topics]
 *   throttle_time_ms => INT32           2+
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => index error_code timestamp offset leader_epoch
 *       index => INT32
 *       error_code => INT16
 *       timestamp => INT64              −1 for the end and the start, and when no record is that young
 *       offset => INT64                 −1 when no record is that young
 *       leader_epoch => INT32           4+
 */
export function listOffsets({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  body.int32();
  const committed = version >= 2 && body.int8() === READ_COMMITTED;
  const topics = body.array(() => readTopic(body, version));

  if (version >= 2) answer.int32(0);
  answer.array(topics, ({ name, partitions }) => {
    const twice = repeated(partitions.map(({ index }) => String(index)));
    answer.string(name).array(partitions, (wanted) => {
      const log = broker.topics.log(name, wanted.index);
      const error = twice.has(String(wanted.index)) ? ErrorCode.INVALID_REQUEST : problem(log, wanted, version);
      const found = log && error === ErrorCode.NONE ? lookUp(log, wanted.timestamp, committed) : NONE;
      answer.int32(wanted.index).errorCode(error).int64(found.timestamp).int64(found.offset);
      if (version >= 4) answer.int32(found.offset < 0 ? -1 : LEADER_EPOCH);
    });
  });
}

interface Wanted {
  readonly index: number;
  readonly leaderEpoch: number;
  readonly timestamp: number;
}

function problem(log: PartitionLog | undefined, { leaderEpoch, timestamp }: Wanted, version: number): ErrorCode {
  const known = timestamp >= EARLIEST || (timestamp === NEWEST && version >= 7);
  if (!known) return ErrorCode.UNSUPPORTED_VERSION;
  return log ? leaderEpochProblem(leaderEpoch) : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
}

function lookUp(log: PartitionLog, timestamp: number, committed: boolean): TimestampedOffset {
  const end = committed ? log.stableOffset : log.endOffset;
  if (timestamp === LATEST) return { offset: end, timestamp: -1 };
  if (timestamp === EARLIEST) return { offset: log.startOffset, timestamp: -1 };
  const found = log.offsetAt(timestamp === NEWEST ? log.newestTimestamp : timestamp);
  return found && found.offset < end ? found : NONE;
}

function readTopic(body: Reader, version: number) {
  return {
    name: body.string(),
    partitions: body.array((): Wanted => {
      const index = body.int32();
      const leaderEpoch = version >= 4 ? body.int32() : -1;
      return { index, leaderEpoch, timestamp: body.int64() };
    }),
  };
}
