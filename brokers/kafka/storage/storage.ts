import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../contracts/clock.ts';
import { messageOf, SmokewireError } from '../../../contracts/errors.ts';
import type { Logger } from '../../../contracts/logger.ts';
import type { SlabSummary } from '../slab.ts';
import type { Change, LogBounds, LogState, Store } from '../store.ts';
import type { Entries } from './entries.ts';
import { Flusher } from './flusher.ts';
import { Journal } from './journal.ts';
import { Lock } from './lock.ts';
import { PartitionStore } from './partition-store.ts';
import { SegmentFiles } from './segment-files.ts';
import { SlabCache } from './slab-cache.ts';

export interface StorageOptions {
  /** Made when it is not there. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Bytes of complete segments that stay in memory once they were read or written. Default 64 MiB. */
  readonly cacheBytes?: number;
}

const NO_BOUNDS: LogBounds = { startOffset: 0, compactedUpTo: 0 };
const NO_STATE: LogState = { appendedBytes: 0, producers: [], open: [], aborted: [] };

/**
 * The folder in which a broker keeps what has to outlive it:
 *
 *   lock                          the number of the process that uses it
 *   journal                       topics, offsets, producers, and which segments are complete
 *   topics/ID/PARTITION/*.log     segments: record batches as on the wire
 *
 * Everything is with the operating system before it is acknowledged, so the process may be killed at any instant. It is on
 * the disk a second later: so much may be lost when the machine stops. A start reads the journal and, of each partition,
 * what is not complete.
 */
export class Storage implements Store {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #lock: Lock;
  readonly #flusher: Flusher;
  readonly #journal: Journal;
  readonly #files: SegmentFiles;
  readonly #cache: SlabCache;
  #gathered: Change[] | undefined;
  /** What the journal knows of partitions, until their logs ask for it: by topic id and partition. */
  readonly #bounds = new Map<string, LogBounds>();
  readonly #states = new Map<string, LogState>();
  readonly #segments = new Map<string, Map<string, SlabSummary>>();

  constructor({ folder, clock, logger, cacheBytes = 64 * 1024 * 1024 }: StorageOptions) {
    this.#folder = folder;
    this.#clock = clock;
    this.#logger = logger;
    this.#lock = new Lock(join(folder, 'lock'));
    this.#flusher = new Flusher(clock, logger);
    this.#journal = new Journal(join(folder, 'journal'), this.#flusher);
    this.#files = new SegmentFiles(this.#flusher);
    this.#cache = new SlabCache(cacheBytes);
  }

  /** Reads the journal. Rejects with START_FAILED when the folder cannot be used. */
  async open(): Promise<void> {
    // Schemas and what interprets them are half of the broker's own memory: who keeps nothing does without.
    const schemas = await import('./entries.ts');
    try {
      mkdirSync(this.#folder, { recursive: true });
      this.#lock.take();
      this.#journal.open();
      this.#readPartitions(schemas);
    } catch (error) {
      this.#journal.close();
      this.#lock.release();
      if (error instanceof SmokewireError) throw error;
      const message = `the data folder ${this.#folder} cannot be used: ${messageOf(error)}`;
      throw new SmokewireError('START_FAILED', message, { cause: error });
    }
  }

  /** Resolves when everything is on the disk. Works on one that is closed, too. */
  async close(): Promise<void> {
    this.#files.close();
    this.#journal.close();
    await this.#flusher.stop();
    this.#lock.release();
  }

  put(...changes: readonly Change[]): void {
    if (this.#gathered) this.#gathered.push(...changes);
    else this.#journal.put(changes);
  }

  note(...changes: readonly Change[]): void {
    try {
      this.put(...changes);
    } catch (error) {
      this.#logger.error({ error: messageOf(error) }, 'kafka state was not kept');
    }
  }

  gather(work: () => void): readonly Change[] {
    const gathered: Change[] = [];
    this.#gathered = gathered;
    try {
      work();
    } finally {
      this.#gathered = undefined;
    }
    return gathered;
  }

  log(topicId: string, partition: number): PartitionStore {
    const at = `${topicId}/${partition}`;
    const known = {
      bounds: this.#bounds.get(at) ?? NO_BOUNDS,
      state: this.#states.get(at) ?? NO_STATE,
      segments: this.#segments.get(at) ?? new Map<string, SlabSummary>(),
    };
    for (const asked of [this.#bounds, this.#states, this.#segments]) asked.delete(at);
    return new PartitionStore({
      folder: join(this.#folder, 'topics', topicId, String(partition)),
      topicId,
      partition,
      journal: this.#journal,
      files: this.#files,
      cache: this.#cache,
      clock: this.#clock,
      logger: this.#logger,
      known,
    });
  }

  /** Removes what is left of topics that are no more. */
  sweep(topicIds: ReadonlySet<string>): void {
    const folder = join(this.#folder, 'topics');
    mkdirSync(folder, { recursive: true });
    for (const id of readdirSync(folder)) if (!topicIds.has(id)) this.#files.remove(join(folder, id));
  }

  /** The entries of a kind, in the order in which they were first put. Throws START_FAILED for what is none of ours. */
  entries<K, V>({ kind, key, value }: Entries<K, V>): { key: K; value: V }[] {
    return [...this.#journal.of(kind)].map((entry) => {
      const [parsedKey, parsedValue] = [key.safeParse(entry.key), value.safeParse(entry.value)];
      if (parsedKey.success && parsedValue.success) return { key: parsedKey.data, value: parsedValue.data };
      const message = `the data in ${this.#folder} was written by another version: an entry "${kind}" is not understood`;
      throw new SmokewireError('START_FAILED', message);
    });
  }

  #readPartitions({ BOUNDS, LOGS, SEGMENTS }: typeof import('./entries.ts')): void {
    for (const { key, value } of this.entries(BOUNDS)) this.#bounds.set(key.join('/'), value);
    for (const { key, value } of this.entries(LOGS)) this.#states.set(key.join('/'), value);
    for (const { key, value } of this.entries(SEGMENTS)) {
      const [topicId, partition, name] = key;
      const at = `${topicId}/${partition}`;
      const segments = this.#segments.get(at) ?? new Map<string, SlabSummary>();
      this.#segments.set(at, segments.set(name, value));
    }
  }
}
