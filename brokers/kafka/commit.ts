import type { Reader } from './codec/reader.ts';
import type { Writer } from './codec/writer.ts';
import { ErrorCode } from './error-codes.ts';
import type { CommittedOffset } from './offsets.ts';
import type { BrokerState } from './request.ts';

/** `offset.metadata.max.bytes` of Apache Kafka. */
const MOST_METADATA = 4096;

/** Offsets to commit, as OffsetCommit and TxnOffsetCommit carry them. */
export interface TopicOffsets {
  readonly name: string;
  readonly partitions: readonly { readonly index: number; readonly committed: CommittedOffset }[];
}

/** What became of them. */
export interface TopicErrors {
  readonly name: string;
  readonly partitions: readonly { readonly index: number; readonly error: ErrorCode }[];
}

/** [topics] of either request. */
export function readOffsets(body: Reader, hasLeaderEpoch: boolean): TopicOffsets[] {
  const readCommitted = (): CommittedOffset => {
    const offset = body.int64();
    const leaderEpoch = hasLeaderEpoch ? body.int32() : -1;
    return { offset, leaderEpoch, metadata: body.nullableString() };
  };
  return body.array(() => ({
    name: body.string(),
    partitions: body.array(() => ({ index: body.int32(), committed: readCommitted() })),
  }));
}

/** Whether the group takes offsets from whoever commits, and how it takes one. */
export interface Judgement {
  readonly error: ErrorCode;
  commit(topic: string, partition: number, committed: CommittedOffset): void;
}

/** Commits for every partition that is there. The group is asked only if there is one: to be asked can make it. */
export function commitTopics(
  broker: BrokerState,
  topics: readonly TopicOffsets[],
  judge: () => Judgement,
): TopicErrors[] {
  let judged: Judgement | undefined;
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ index, committed }) => {
      if (!broker.topics.log(name, index)) return { index, error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
      judged ??= judge();
      if (judged.error !== ErrorCode.NONE) return { index, error: judged.error };
      if ((committed.metadata?.length ?? 0) > MOST_METADATA) {
        return { index, error: ErrorCode.OFFSET_METADATA_TOO_LARGE };
      }
      // Beyond what is exact here lies no offset of any partition.
      if (!Number.isSafeInteger(committed.offset)) return { index, error: ErrorCode.OFFSET_OUT_OF_RANGE };
      judged.commit(name, index, committed);
      return { index, error: ErrorCode.NONE };
    }),
  }));
}

/**
 * [topics] of either answer:
 *
 * topics => name [partitions]
 *   name => STRING
 *   partitions => index error_code
 *     index => INT32
 *     error_code => INT16
 */
export function writeCommitted(answer: Writer, topics: readonly TopicErrors[]): void {
  answer.array(topics, ({ name, partitions }) => {
    answer.string(name).array(partitions, ({ index, error }) => void answer.int32(index).errorCode(error));
  });
}
