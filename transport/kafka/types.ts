import type { InRecord, OutRecord } from '../../contracts/kafka-records.ts';
import type { Extent } from './offsets.ts';

/** Where a group's reading of one partition goes on, and what it noted beside that offset. */
export interface Committed {
  readonly offset: number;
  readonly metadata: string;
}

/** What one fetch brought of one partition. */
export interface RecordBatch {
  /** The topic's name without prefix. */
  readonly topic: string;
  readonly partition: number;
  /** In order; it may be empty where Kafka holds only markers of transactions. */
  readonly records: readonly InRecord[];
  /** Where reading goes on. */
  readonly nextOffset: number;
}

/**
 * What a step asks for: `outputs` are acknowledged by all replicas before `changelog` is written, and that before the
 * offset is committed. So a crash anywhere repeats outputs with the same ids, or repeats nothing.
 */
export interface Emission {
  /**
   * Entries of the changelog that are acknowledged before any output is sent: for outputs that nothing would repeat, since
   * they follow from more than the log. A successor that finds such a note sends them.
   */
  readonly notes?: readonly OutRecord[];
  readonly outputs: readonly OutRecord[];
  readonly changelog: readonly OutRecord[];
}

/** The emission of a step that asks for nothing. */
export const NOTHING: Emission = { outputs: [], changelog: [] };

/**
 * The work on partition `p` of every topic of a role: topics have equal partition counts, and one member of the group owns
 * partition `p` of them all. It is pure: it answers with what should happen, and the loop around it does it.
 */
export interface Task {
  /**
   * One record of a table topic (a changelog, a registry). While `restoring` the loop replays the topic from its
   * beginning, and drops what is emitted; no input is handled before that is done.
   */
  table?(record: InRecord, now: number, restoring: boolean): Emission;
  /**
   * All tables of this partition are read; where the reading of an input has to begin earlier than committed, says where. `extents`
   * is what there was to read of each topic when the partition was gained.
   */
  restored?(
    committed: ReadonlyMap<string, Committed>,
    extents: ReadonlyMap<string, Extent>,
  ): ReadonlyMap<string, number>;
  /** These records of an input topic come next, one by one: what they need can be looked up for all at once. It does not fail. */
  expect?(records: readonly InRecord[]): void;
  /** One record of an input topic. Throws a SmokewireError where the record is invalid: it becomes a dead letter. */
  input(record: InRecord, now: number): Emission;
  /** The earliest time at which `wake` has to be called, milliseconds since the Unix epoch; undefined for never. */
  deadline?(): number | undefined;
  wake?(now: number): Emission;
  /** The partition is held no longer: it went to another member, or is begun anew with another task. */
  dropped?(): void;
  /** What to note beside the committed offset of an input topic. */
  metadata?(topic: string): string;
}

/** A role that reads, steps, writes and commits. */
export interface TaskDefinition {
  /** The role's name; with the site's prefix it is the consumer group's id. */
  readonly role: string;
  /** Topics read on from the committed offset, or from their beginning where there is none. */
  readonly inputs: readonly string[];
  /** Topics read from their beginning whenever a partition is gained, and then followed. */
  readonly tables?: readonly string[];
  /** How long to rest after a fetch that brought records, in milliseconds; 0 for the lowest latency, more for less work. */
  readonly lingerMs?: number;
  /** How long what was read waits before it is handled, in milliseconds, so that more urgent work of the process goes first. */
  readonly yieldMs?: number;
  /** @param partitions how many there are: a key is the partition's that it has among so many */
  createTask(partition: number, partitions: number): Task;
  /**
   * Where partitions may be added: what of a table's record has to stand in the partition that its key has from then on;
   * undefined for one that stays where it is. It is moved while nobody of the group works.
   */
  readonly rekeyed?: (record: InRecord) => OutRecord | undefined;
}

/** Writes records, and resolves once all replicas have them; rejects only when its owner stops it. Keeps the given order. */
export interface RecordSink {
  send(records: readonly OutRecord[]): Promise<void>;
}
