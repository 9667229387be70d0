import { z } from 'zod';

/** The journal's entries of one kind: what follows the kind in the key, and the value. */
export interface Entries<K, V> {
  readonly kind: string;
  readonly key: z.ZodType<K>;
  readonly value: z.ZodType<V>;
}

const count = z.number().int().min(0);
const integer = z.number().int();
/** Of a client's choice. */
const int64 = z.number();
const topicId = z.string().regex(/^[0-9a-f]{32}$/);
const partitionKey = z.tuple([topicId, count]);

const entries = <K, V>(kind: string, key: z.ZodType<K>, value: z.ZodType<V>): Entries<K, V> => ({ kind, key, value });

export const CLUSTER = entries('cluster', z.tuple([]), z.strictObject({ format: z.literal(1), id: z.string().min(1) }));

/** By name. */
export const TOPICS = entries(
  'topic',
  z.tuple([z.string().min(1)]),
  z.strictObject({
    id: topicId,
    partitions: count.min(1),
    settings: z.array(z.tuple([z.string(), z.string()])),
  }),
);

export const BOUNDS = entries('bounds', partitionKey, z.strictObject({ startOffset: count, compactedUpTo: count }));

export const LOGS = entries(
  'log',
  partitionKey,
  z.strictObject({
    appendedBytes: count,
    producers: z.array(
      z.strictObject({
        producerId: int64,
        epoch: integer,
        sent: z.array(z.strictObject({ firstSequence: integer, lastSequence: integer, baseOffset: count })),
      }),
    ),
    open: z.array(z.strictObject({ producerId: int64, firstOffset: count, position: count })),
    aborted: z.array(z.strictObject({ producerId: int64, firstOffset: count, lastOffset: count })),
  }),
);

/** The complete segments, by partition and file name. */
export const SEGMENTS = entries(
  'segment',
  z.tuple([topicId, count, z.string()]),
  z.strictObject({
    baseOffset: count,
    endOffset: count,
    size: count,
    maxTimestamp: int64,
    appendedAt: z.number(),
  }),
);

/** By group. */
export const GROUPS = entries('group', z.tuple([z.string()]), z.strictObject({ generation: count }));

/** By group, topic and partition. */
export const OFFSETS = entries(
  'offset',
  z.tuple([z.string(), z.string(), count]),
  z.strictObject({ offset: int64, leaderEpoch: integer, metadata: z.string().nullable() }),
);

/** By transactional id. */
export const TRANSACTIONS = entries(
  'transaction',
  z.tuple([z.string()]),
  z.strictObject({
    producerId: count,
    epoch: integer,
    lastEpoch: integer,
    previousProducerId: integer,
    timeoutMs: count,
    state: z.enum(['Empty', 'Ongoing', 'CompleteCommit', 'CompleteAbort']),
    // Not there where an earlier version kept it.
    usedAt: z.number().optional(),
  }),
);

/** The number of the next producer. */
export const PRODUCERS = entries('producers', z.tuple([]), z.strictObject({ next: count }));
