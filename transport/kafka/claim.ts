import type { Extent } from './offsets.ts';
import type { Committed, RecordBatch } from './types.ts';

/** The right of one member to partition `p` of all topics of its group, until the group's next generation. */
export interface Claim {
  readonly partition: number;
  /** How many partitions there are in this generation. */
  readonly partitions: number;
  /** What the group has committed, by topic; nothing for a topic of which nothing is. */
  readonly committed: ReadonlyMap<string, Committed>;
  /** What there was to read when the partition was gained, by topic. */
  readonly extents: ReadonlyMap<string, Extent>;
  /** Starts reading a topic at `offset`, or goes on there. Nothing is read before. */
  read(topic: string, offset: number): void;
  /** Leaves a topic unread from now on, until `read`; what was being fetched of it is dropped. */
  pause(topic: string): void;
  /** The partition is caught up; the consumer is ready when all its claims are. */
  ready(): void;
  /**
   * Everything below `offset` is done with: it is committed soon, with `metadata` beside it. Does nothing once the
   * claim is lost, so that work which ends late cannot overtake the next owner.
   */
  done(topic: string, offset: number, metadata?: string): void;
  /** The work cannot go on: the member joins anew, and whoever gets the partition repeats what is not committed. */
  abandon(reason: unknown): void;
}

/** What an owner does with a partition while it holds the claim. */
export interface Work {
  /** Takes records, in order. A promise holds the next fetch back until it settles. */
  take(batch: RecordBatch): void | Promise<void>;
  /** No more batches come. Resolves once what runs has ended, and `done` was called for it; it must not reject. */
  finish(): Promise<void>;
}
