import type { Claim } from '../../transport/kafka/claim.ts';
import type { Lane } from '../../transport/kafka/lane.ts';
import type { Extent } from '../../transport/kafka/offsets.ts';
import type { Committed } from '../../transport/kafka/types.ts';
import type { RoleProcess } from './process.ts';
import type { World } from './world.ts';

/** How long a fetch takes at most (a small one less, so that all keep up), how long a commit waits; in ms. */
const FETCH_MS = 150;
const FETCH_MS_EACH = 10;
const COMMIT_MS = 200;
/** Who is far behind is given more at once, as Kafka does: so many fetches or so bring it up to date, however small they are else. */
const FETCHES_BEHIND = 4;
/** How soon to try again while Kafka is down, ms. */
const RETRY_MS = 100;

export interface TenureOptions {
  readonly partition: number;
  readonly partitions: number;
  readonly committed: ReadonlyMap<string, Committed>;
  readonly extents: ReadonlyMap<string, Extent>;
  /** Most records of one fetch. */
  readonly batch: number;
  /** Stores a commit, unless the group has moved on. */
  readonly commit: (topic: string, committed: Committed) => void;
}

/** One process's hold on a partition: the claim that a real lane is given, with fetches and commits out of the simulated Kafka. */
export class Tenure implements Claim {
  readonly partition: number;
  readonly partitions: number;
  readonly committed: ReadonlyMap<string, Committed>;
  readonly extents: ReadonlyMap<string, Extent>;
  lane: Lane | undefined;
  caughtUp = false;
  readonly #world: World;
  readonly #process: RoleProcess;
  readonly #options: TenureOptions;
  readonly #cursors = new Map<string, number>();
  readonly #fetching = new Set<string>();
  readonly #done = new Map<string, Committed>();
  #committing = false;
  #held = false;
  #over = false;

  constructor(world: World, process: RoleProcess, options: TenureOptions) {
    this.partition = options.partition;
    this.partitions = options.partitions;
    this.committed = options.committed;
    this.extents = options.extents;
    this.#world = world;
    this.#process = process;
    this.#options = options;
  }

  read(topic: string, offset: number): void {
    this.#cursors.set(topic, offset);
    this.fetchSoon(topic);
  }

  pause(topic: string): void {
    this.#cursors.delete(topic);
  }

  ready(): void {
    this.caughtUp = true;
  }

  done(topic: string, offset: number, metadata = ''): void {
    this.#done.set(topic, { offset, metadata });
    if (this.#committing) return;
    this.#committing = true;
    this.#process.after(this.#world.chance.int(0, COMMIT_MS), () => this.#commit());
  }

  abandon(reason: unknown): void {
    throw new Error('nothing in this world refuses a record', { cause: reason });
  }

  /** The group takes the partition away: what runs may end, and is committed. */
  async end(): Promise<void> {
    this.#over = true;
    await this.lane?.finish();
    if (this.#process.alive) this.#commit();
  }

  /** Records may have come. */
  fetchSoon(topic: string): void {
    const cursor = this.#cursors.get(topic);
    if (cursor === undefined || this.#over || this.#held || this.#fetching.has(topic)) return;
    if (cursor >= this.#world.log.extent(topic, this.partition).end) return;
    this.#fetching.add(topic);
    const takes = Math.min(FETCH_MS, FETCH_MS_EACH * this.#options.batch);
    this.#process.after(this.#world.chance.int(1, takes), () => this.#fetch(topic));
  }

  #fetch(topic: string): void {
    const { log, chance, scheduler, steppedAt } = this.#world;
    if (!log.up) return void this.#process.after(RETRY_MS, () => this.#fetch(topic));
    this.#fetching.delete(topic);
    const cursor = this.#cursors.get(topic);
    if (cursor === undefined || this.#over || this.#held) return;
    const behind = log.extent(topic, this.partition).end - cursor;
    const most = chance.int(1, Math.max(this.#options.batch, Math.floor(behind / FETCHES_BEHIND)));
    const { records, nextOffset } = log.read(topic, this.partition, cursor, most);
    this.#cursors.set(topic, nextOffset);
    if (topic === 'signals') {
      const stepped = steppedAt[this.partition] ?? [];
      for (const { offset } of records) stepped[offset] ??= scheduler.now;
    }
    const held = this.lane?.take({ topic, partition: this.partition, records, nextOffset });
    if (held) {
      this.#held = true;
      void held.then(() => {
        this.#held = false;
        for (const waiting of this.#cursors.keys()) this.fetchSoon(waiting);
      });
    }
    scheduler.settle();
    this.#process.mayCrash();
    this.fetchSoon(topic);
  }

  #commit(): void {
    this.#committing = false;
    if (!this.#world.log.up) return void this.#process.after(RETRY_MS, () => this.#commit());
    if (this.#process.mayCrash()) return;
    for (const [topic, committed] of this.#done) this.#options.commit(topic, committed);
    this.#done.clear();
    this.#process.mayCrash();
  }
}
