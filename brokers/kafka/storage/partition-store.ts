import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../contracts/clock.ts';
import { messageOf } from '../../../contracts/errors.ts';
import type { Logger } from '../../../contracts/logger.ts';
import { batchBaseOffset, batchBytes } from '../batch.ts';
import { Slab, type SlabSummary } from '../slab.ts';
import type { Change, KeptLog, Key, LogBounds, LogState, LogStore } from '../store.ts';
import type { Journal } from './journal.ts';
import { wholeBatches } from './recovery.ts';
import type { SegmentFiles } from './segment-files.ts';
import type { SlabCache } from './slab-cache.ts';

/** First offset, and a number that no other segment of the partition has had. */
const NAME = /^(\d{20})-(\d+)\.log$/;

/** What the journal knows of a partition. */
export interface KnownPartition {
  readonly bounds: LogBounds;
  readonly state: LogState;
  /** Those that are complete, by file name. */
  readonly segments: ReadonlyMap<string, SlabSummary>;
}

export interface PartitionStoreOptions {
  readonly folder: string;
  readonly topicId: string;
  readonly partition: number;
  readonly journal: Journal;
  readonly files: SegmentFiles;
  readonly cache: SlabCache;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly known: KnownPartition;
}

/**
 * One partition on disk: a file for each slab, batches one behind the other as Apache Kafka has them. The journal lists
 * the files that are complete, so that a start need not read them; what is behind those is read and checked.
 */
export class PartitionStore implements LogStore {
  readonly #options: PartitionStoreOptions;
  readonly #names = new Map<Slab, string>();
  /** Slabs that the journal does not list yet: the newest, and after a start those that were found behind the listed. */
  #unlisted: Slab[] = [];
  #made = 0;

  constructor(options: PartitionStoreOptions) {
    this.#options = options;
  }

  /** Files of which nothing is to be kept are removed. */
  load(): KeptLog {
    const { folder, files, journal, clock, known } = this.#options;
    const { bounds, state, segments } = known;
    const found = filesIn(folder);
    const slabs: Slab[] = [];
    const listed = [...segments].sort(([, a], [, b]) => a.baseOffset - b.baseOffset);
    for (const [name, summary] of listed) {
      // Where the machine stopped before it wrote all of one, what of it is whole is found below.
      if (!found.has(name) || statSync(join(folder, name)).size !== summary.size) break;
      slabs.push(this.#add(name, Slab.kept(summary, this)));
      found.delete(name);
    }
    const lost = listed.slice(slabs.length);
    if (lost.length > 0) journal.put(lost.map(([name]) => [this.#segmentKey(name), undefined]));
    let torn = false;
    for (const [name, baseOffset] of found) {
      const end = slabs.at(-1)?.endOffset ?? 0;
      // What lies before the end was replaced by compaction, or is beyond its time.
      const bytes: Buffer = torn || baseOffset < end ? NOTHING : files.read(join(folder, name));
      const whole = wholeBatches(bytes, baseOffset);
      torn ||= whole < bytes.length;
      if (whole === 0) {
        files.remove(join(folder, name));
        continue;
      }
      if (whole < bytes.length) files.truncate(join(folder, name), whole);
      const slab = slabOf(bytes.subarray(0, whole), clock.now());
      slabs.push(this.#add(name, slab));
      this.#unlisted.push(slab);
    }
    return { ...bounds, state, slabs, behindState: [...this.#unlisted] };
  }

  roll(next: Slab, state: LogState): void {
    const { journal, files } = this.#options;
    const path = this.#create(next);
    try {
      journal.put([...this.#unlisted.map((slab) => this.#listed(slab)), this.#stated(state)]);
    } catch (error) {
      this.#names.delete(next);
      files.remove(path);
      throw error;
    }
    for (const slab of this.#unlisted) this.#complete(slab);
    this.#unlisted = [next];
  }

  append(newest: Slab, batch: Buffer): void {
    this.#options.files.write(this.#path(newest), batch, newest.size);
  }

  trim(bounds: LogBounds, gone?: Slab, state?: LogState): void {
    const changes = [this.#bounded(bounds)];
    if (gone) changes.push(this.#unlist(gone));
    if (state) changes.push(this.#stated(state));
    this.#options.journal.put(changes);
    if (gone) this.#remove(gone);
  }

  replace(old: readonly Slab[], by: readonly Slab[], bounds: LogBounds): boolean {
    const { journal, files, logger } = this.#options;
    try {
      for (const slab of by) files.write(this.#create(slab), slab.bytes, 0);
      const changes = [...old.map((slab) => this.#unlist(slab)), ...by.map((slab) => this.#listed(slab))];
      journal.put([this.#bounded(bounds), ...changes]);
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'kafka compaction was not kept');
      for (const slab of by) if (this.#names.has(slab)) this.#remove(slab);
      return false;
    }
    for (const slab of old) this.#remove(slab);
    for (const slab of by) this.#complete(slab);
    return true;
  }

  delete(): void {
    const { journal, files, folder, topicId, partition } = this.#options;
    const gone: Change[] = [...this.#names.keys()].map((slab) => this.#unlist(slab));
    journal.put([[['log', topicId, partition], undefined], [['bounds', topicId, partition], undefined], ...gone]);
    for (const slab of [...this.#names.keys()]) this.#remove(slab);
    files.remove(folder);
  }

  /** The bytes of a slab that memory did without. */
  read(slab: Slab): Buffer {
    return this.#options.files.read(this.#path(slab));
  }

  used(slab: Slab): void {
    this.#options.cache.used(slab);
  }

  #add(name: string, slab: Slab): Slab {
    this.#names.set(slab, name);
    const [, , number] = NAME.exec(name) ?? [];
    this.#made = Math.max(this.#made, Number(number));
    return slab;
  }

  #create(slab: Slab): string {
    this.#made += 1;
    this.#names.set(slab, `${String(slab.baseOffset).padStart(20, '0')}-${this.#made}.log`);
    const path = this.#path(slab);
    this.#options.files.create(path);
    return path;
  }

  /** The slab's bytes do not change any more: memory may do without. */
  #complete(slab: Slab): void {
    this.#options.files.done(this.#path(slab));
    slab.keepBy(this);
  }

  #remove(slab: Slab): void {
    const path = this.#path(slab);
    this.#names.delete(slab);
    this.#unlisted = this.#unlisted.filter((unlisted) => unlisted !== slab);
    this.#options.cache.forget(slab);
    this.#options.files.remove(path);
  }

  #path(slab: Slab): string {
    return join(this.#options.folder, this.#nameOf(slab));
  }

  #nameOf(slab: Slab): string {
    const name = this.#names.get(slab);
    if (name === undefined) throw new Error('a slab without a file');
    return name;
  }

  #segmentKey(name: string): Key {
    const { topicId, partition } = this.#options;
    return ['segment', topicId, partition, name];
  }

  #listed(slab: Slab): Change {
    return [this.#segmentKey(this.#nameOf(slab)), slab.summary];
  }

  #unlist(slab: Slab): Change {
    return [this.#segmentKey(this.#nameOf(slab)), undefined];
  }

  #stated(state: LogState): Change {
    const { topicId, partition } = this.#options;
    return [['log', topicId, partition], state];
  }

  #bounded(bounds: LogBounds): Change {
    const { topicId, partition } = this.#options;
    return [['bounds', topicId, partition], bounds];
  }
}

const NOTHING = Buffer.alloc(0);

/** The segments in a folder by name, each with its first offset, in the order of these. */
function filesIn(folder: string): Map<string, number> {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return new Map(names.flatMap((name) => (NAME.test(name) ? [[name, Number(name.slice(0, 20))]] : [])));
}

function slabOf(bytes: Buffer, now: number): Slab {
  const slab = new Slab(batchBaseOffset(bytes, 0), bytes.length, now);
  for (let at = 0; at < bytes.length; at += batchBytes(bytes, at)) {
    slab.append(bytes.subarray(at, at + batchBytes(bytes, at)), now);
  }
  return slab;
}
