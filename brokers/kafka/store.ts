import type { Slab } from './slab.ts';

/** What names an entry: its kind, then whose it is. */
export type Key = readonly [kind: string, ...whose: (string | number)[]];
/** What an entry is to be from now on; undefined takes it away. */
export type Change = readonly [key: Key, value: object | undefined];

/** The disk did not take it: it has not happened, and may be asked for again. */
export class StorageFailure extends Error {
  override readonly name = 'StorageFailure';
}

/** Where the broker keeps its state besides memory. What changes it throws StorageFailure. */
export interface Store {
  /** Makes all of these changes, or none. */
  put(...changes: readonly Change[]): void;
  /** The same for what nothing depends on: where the disk does not take it, the log says so. */
  note(...changes: readonly Change[]): void;
  /** What `work` would put, which is not put yet. */
  gather(work: () => void): readonly Change[];
  /** Where a partition's records are kept; undefined where they are not. */
  log(topicId: string, partition: number): LogStore | undefined;
}

/** Nothing is kept. */
export const NO_STORE: Store = {
  put: () => undefined,
  note: () => undefined,
  gather: (work) => {
    work();
    return [];
  },
  log: () => undefined,
};

/** What a log knows of producers besides its batches, at one point of it. */
export interface LogState {
  /** Of all batches that were ever appended. */
  readonly appendedBytes: number;
  readonly producers: readonly {
    readonly producerId: number;
    readonly epoch: number;
    readonly sent: readonly { firstSequence: number; lastSequence: number; baseOffset: number }[];
  }[];
  readonly open: readonly { producerId: number; firstOffset: number; position: number }[];
  readonly aborted: readonly { producerId: number; firstOffset: number; lastOffset: number }[];
}

/** Between which offsets a log can be read, and up to which it was compacted. */
export interface LogBounds {
  readonly startOffset: number;
  readonly compactedUpTo: number;
}

/** What was kept of a log. */
export interface KeptLog extends LogBounds {
  readonly slabs: readonly Slab[];
  readonly state: LogState;
  /** The last of the slabs: of what is in them the state does not know. */
  readonly behindState: readonly Slab[];
}

/** Where the records of a partition are kept. */
export interface LogStore {
  /** What is kept there; called once, first. */
  load(): KeptLog;
  /** `next` is the newest slab from now on; `state` is that before it. */
  roll(next: Slab, state: LogState): void;
  /** A batch goes behind what the newest slab has; its offset is in it. */
  append(newest: Slab, batch: Buffer): void;
  /** The oldest slab goes, or only the first offset that can be read moves; with the last slab, `state` is that behind it. */
  trim(bounds: LogBounds, gone?: Slab, state?: LogState): void;
  /** Compaction puts slabs in the place of others; false when the disk did not take them, which is no loss. */
  replace(old: readonly Slab[], by: readonly Slab[], bounds: LogBounds): boolean;
  delete(): void;
}
