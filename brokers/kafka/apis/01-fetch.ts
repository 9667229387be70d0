import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { leaderEpochProblem } from '../leader-epoch.ts';
import type { PartitionLog } from '../log.ts';
import type { AbortedTransaction } from '../open-transactions.ts';
import { parked } from '../parked.ts';
import type { BrokerState, Request } from '../request.ts';
import { NO_TOPIC_ID } from '../topics.ts';

/** `fetch.max.bytes` of Apache Kafka's broker: an answer has no more, whatever the client asks. */
const MOST_BYTES = 55 * 1024 * 1024;

/**
 * Fetch Request (4–13) => replica_id max_wait_ms min_bytes max_bytes isolation_level session_id session_epoch [topics]
 *                         [forgotten_topics_data] rack_id
 *   replica_id => INT32
 *   max_wait_ms => INT32
 *   min_bytes => INT32
 *   max_bytes => INT32
 *   isolation_level => INT8             0 all records; 1 none of an open transaction
 *   session_id => INT32                 7+
 *   session_epoch => INT32              7+   −1 and 0 are full fetches, others continue a session (KIP-227)
 *   topics => name topic_id [partitions]
 *     name => STRING                    4–12
 *     topic_id => UUID                  13+
 *     partitions => index current_leader_epoch fetch_offset last_fetched_epoch log_start_offset partition_max_bytes
 *       index => INT32
 *       current_leader_epoch => INT32   9+
 *       fetch_offset => INT64
 *       last_fetched_epoch => INT32     12+
 *       log_start_offset => INT64       5+
 *       partition_max_bytes => INT32
 *   forgotten_topics_data => name topic_id [partitions]         7+
 *     name => STRING                    7–12
 *     topic_id => UUID                  13+
 *     partitions => INT32
 *   rack_id => STRING                   11+
 */
export function fetch(request: Request, answer: Writer, broker: BrokerState): Promise<void> | undefined {
  const { version, body } = request;
  body.int32();
  const maxWaitMs = Math.min(body.int32(), broker.maxFetchWaitMs);
  const minBytes = body.int32();
  const maxBytes = Math.min(body.int32(), MOST_BYTES);
  const committed = body.int8() === READ_COMMITTED;
  const sessionId = version >= 7 ? body.int32() : 0;
  const sessionEpoch = version >= 7 ? body.int32() : -1;
  const topics = body.array(() => readTopic(body, version));

  // Every answer carries session id 0, "none was made", so that a client goes on with full fetches.
  if (sessionId !== 0 || sessionEpoch > 0) {
    writeAnswer(answer, version, ErrorCode.FETCH_SESSION_ID_NOT_FOUND, []);
    return undefined;
  }
  const found = collect(topics, maxBytes, committed, broker);
  if (maxWaitMs <= 0 || found.logs.length === 0 || found.failed || found.bytes >= minBytes) {
    writeAnswer(answer, version, ErrorCode.NONE, found.topics);
    return undefined;
  }
  const awaited = { logs: found.logs, bytes: minBytes - found.bytes, committed };
  return parked(awaited, maxWaitMs, broker.fetchWaits, request.peer).then(() =>
    writeAnswer(answer, version, ErrorCode.NONE, collect(topics, maxBytes, committed, broker).topics),
  );
}

const READ_COMMITTED = 1;

interface Wanted {
  readonly index: number;
  readonly leaderEpoch: number;
  readonly offset: number;
  readonly maxBytes: number;
}

/** Topics are called by their names, or by their ids (KIP-516). */
interface WantedTopic {
  readonly name: string;
  readonly id: string;
  readonly partitions: readonly Wanted[];
}

function readTopic(body: Reader, version: number): WantedTopic {
  const name = version <= 12 ? body.string() : '';
  const id = version >= 13 ? body.uuid() : NO_TOPIC_ID;
  return { name, id, partitions: body.array(() => readPartition(body, version)) };
}

function readPartition(body: Reader, version: number): Wanted {
  const index = body.int32();
  const leaderEpoch = version >= 9 ? body.int32() : -1;
  const offset = body.int64();
  if (version >= 12) body.int32();
  if (version >= 5) body.int64();
  return { index, leaderEpoch, offset, maxBytes: body.int32() };
}

interface FoundPartition {
  readonly index: number;
  readonly error: ErrorCode;
  readonly endOffset: number;
  readonly stableOffset: number;
  readonly startOffset: number;
  /** Null for who reads everything. */
  readonly aborted: readonly AbortedTransaction[] | null;
  readonly slices: readonly Buffer[];
}

interface FoundTopic extends Pick<WantedTopic, 'name' | 'id'> {
  readonly partitions: readonly FoundPartition[];
}

interface Found {
  readonly topics: FoundTopic[];
  /** The partitions that can be read, to wait for. */
  readonly logs: PartitionLog[];
  bytes: number;
  failed: boolean;
}

const NOTHING_FOUND = { endOffset: -1, stableOffset: -1, startOffset: -1, slices: [] };

/** What can be answered now: at most `maxBytes`, but one batch in any case, so that a large one does not block. */
function collect(topics: readonly WantedTopic[], maxBytes: number, committed: boolean, broker: BrokerState): Found {
  const found: Found = { topics: [], logs: [], bytes: 0, failed: false };
  for (const { name, id, partitions } of topics) {
    const topic = id === NO_TOPIC_ID ? name : broker.topics.nameOf(id);
    const answers = partitions.map((wanted): FoundPartition => {
      const log = topic === undefined ? undefined : broker.topics.log(topic, wanted.index);
      const error = topic === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : problem(log, wanted);
      if (log === undefined || error !== ErrorCode.NONE) {
        found.failed = true;
        // As Apache Kafka has it: null once a log was asked.
        return { ...NOTHING_FOUND, index: wanted.index, error, aborted: log ? null : [] };
      }
      const room = Math.min(wanted.maxBytes, maxBytes - found.bytes);
      const { endOffset, stableOffset, startOffset } = log;
      const upTo = committed ? stableOffset : endOffset;
      const slices = log.read(wanted.offset, room, found.bytes === 0, upTo);
      found.logs.push(log);
      for (const slice of slices) found.bytes += slice.length;
      const aborted = committed ? log.aborted(wanted.offset, slices) : null;
      return { index: wanted.index, error, endOffset, stableOffset, startOffset, aborted, slices };
    });
    found.topics.push({ name, id, partitions: answers });
  }
  return found;
}

function problem(log: PartitionLog | undefined, { offset, leaderEpoch }: Wanted): ErrorCode {
  if (!log) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  const error = leaderEpochProblem(leaderEpoch);
  if (error !== ErrorCode.NONE) return error;
  return offset < log.startOffset || offset > log.endOffset ? ErrorCode.OFFSET_OUT_OF_RANGE : ErrorCode.NONE;
}

/**
 * Fetch Response (4–13) => throttle_time_ms error_code session_id [topics]
 *   throttle_time_ms => INT32
 *   error_code => INT16                 7+
 *   session_id => INT32                 7+
 *   topics => name topic_id [partitions]
 *     name => STRING                    4–12
 *     topic_id => UUID                  13+
 *     partitions => index error_code high_watermark last_stable_offset log_start_offset [aborted_transactions]
 *                   preferred_read_replica records
 *       index => INT32
 *       error_code => INT16
 *       high_watermark => INT64
 *       last_stable_offset => INT64
 *       log_start_offset => INT64       5+
 *       aborted_transactions => producer_id first_offset        those in what follows; null for isolation level 0
 *         producer_id => INT64
 *         first_offset => INT64
 *       preferred_read_replica => INT32 11+
 *       records => NULLABLE_BYTES
 */
function writeAnswer(answer: Writer, version: number, error: ErrorCode, topics: readonly FoundTopic[]): void {
  answer.int32(0);
  if (version >= 7) answer.errorCode(error).int32(0);
  answer.array(topics, ({ name, id, partitions }) => {
    if (version >= 13) answer.uuid(id);
    else answer.string(name);
    answer.array(partitions, (found) => {
      answer.int32(found.index).errorCode(found.error).int64(found.endOffset).int64(found.stableOffset);
      if (version >= 5) answer.int64(found.startOffset);
      writeAborted(answer, found.aborted);
      if (version >= 11) answer.int32(-1);
      answer.slices(found.slices);
    });
  });
}

function writeAborted(answer: Writer, aborted: readonly AbortedTransaction[] | null): void {
  if (aborted === null) answer.nullArray();
  else answer.array(aborted, ({ producerId, firstOffset }) => void answer.int64(producerId).int64(firstOffset));
}
