import type { Broker } from 'kafkajs/src/cluster/index.js';
import errors from 'kafkajs/src/protocol/error.js';
import requests, { type FetchRequest } from 'kafkajs/src/protocol/requests/fetch/index.js';
import type { Aborted } from './fetched-records.ts';

/** What a fetch brought of one partition. */
export interface FetchedPartition {
  /** The topic's name in Kafka, with the prefix. */
  readonly topic: string;
  readonly partition: number;
  /** Before it everything is decided: up to here the partition can be read. */
  readonly stableOffset: number;
  readonly aborted: readonly Aborted[];
  /** Record batches, the last of which may be cut off. */
  readonly batches: Buffer;
}

interface Answer {
  readonly errorCode: number;
  readonly clientSideThrottleTime: number;
  readonly partitions: readonly FetchedPartition[];
}

/**
 * Asks a broker for records of partitions that it leads. Kafkajs frames the request (Fetch 11, of which Kafka 4 is still
 * served); its decoder is too dear (`recordsIn`). Rejects with the error of a partition that has one.
 */
export async function fetch(broker: Broker, wanted: FetchRequest): Promise<readonly FetchedPartition[]> {
  const { request, requestTimeout } = requests.protocol({ version: 11 })(wanted);
  const { partitions } = await broker.connectionPool.send<Answer>({
    request,
    requestTimeout,
    response: {
      decode: async (payload) => decode(payload),
      parse: async (answer) => {
        if (answer.errorCode !== 0) throw errors.createErrorFromCode(answer.errorCode);
        return answer;
      },
    },
  });
  return partitions;
}

/**
 * Fetch Response (11) => throttle_time_ms error_code session_id [topics]
 *   topics => name [partitions]
 *     partitions => index error_code high_watermark last_stable_offset log_start_offset [aborted_transactions]
 *                   preferred_read_replica records
 *       aborted_transactions => producer_id first_offset
 */
function decode(payload: Buffer): Answer {
  let at = 0;
  const skip = (bytes: number) => {
    at += bytes;
    return at - bytes;
  };
  const int16 = () => payload.readInt16BE(skip(2));
  const int32 = () => payload.readInt32BE(skip(4));
  const int64 = () => payload.readBigInt64BE(skip(8));
  const slice = (bytes: number) => payload.subarray(skip(bytes), at);

  const clientSideThrottleTime = int32();
  let errorCode = int16();
  skip(4);
  const partitions: FetchedPartition[] = [];
  for (let topics = int32(); topics > 0; topics--) {
    const topic = slice(int16()).toString();
    for (let left = int32(); left > 0; left--) {
      const partition = int32();
      const error = int16();
      errorCode ||= error;
      skip(8);
      const stableOffset = Number(int64());
      skip(8);
      const aborted: Aborted[] = [];
      for (let transactions = int32(); transactions > 0; transactions--) {
        aborted.push({ producerId: int64(), firstOffset: Number(int64()) });
      }
      skip(4);
      partitions.push({ topic, partition, stableOffset, aborted, batches: slice(Math.max(0, int32())) });
    }
  }
  return { errorCode, clientSideThrottleTime, partitions };
}
