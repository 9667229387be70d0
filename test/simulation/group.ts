import type { InRecord } from '../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { carryOut, Moving } from '../../transport/kafka/moving.ts';
import type { Extent } from '../../transport/kafka/offsets.ts';
import type { Committed, TaskDefinition } from '../../transport/kafka/types.ts';
import type { RoleProcess } from './process.ts';
import type { World } from './world.ts';

/** How long the coordinator waits for a member before it goes on without it, and how often it looks; in ms. */
const REBALANCE_MS = 2_000;
const LOOK_MS = 20;
/** How long it takes to read all tables, ms. */
const READ_MS = 100;

/** A consumer group with its coordinator: who holds which partition, and what is committed. Every rebalance moves everything. */
export class Group {
  readonly #world: World;
  readonly #definition: TaskDefinition;
  readonly #topics: readonly string[];
  /** Each with the number of its session: what an earlier one asks for is refused. */
  readonly #sessions = new Map<RoleProcess, number>();
  readonly #committed = new Map<number, Map<string, Committed>>();
  #partitions: number = PARTITIONS;
  #serving = 0;
  #joined = 0;
  #rebalancing = false;
  #again = false;

  constructor(world: World, definition: TaskDefinition) {
    this.#world = world;
    this.#definition = definition;
    this.#topics = [...definition.inputs, ...(definition.tables ?? [])];
    world.log.onAppend((topic, partition) => {
      for (const member of this.#sessions.keys()) member.tenures.get(partition)?.fetchSoon(topic);
    });
  }

  join(member: RoleProcess): void {
    this.#sessions.set(member, this.#joined++);
    this.rebalance();
  }

  /** The dead one's session is over. */
  expire(member: RoleProcess): void {
    if (this.#sessions.delete(member)) this.rebalance();
  }

  rebalance(): void {
    if (this.#rebalancing) {
      this.#again = true;
      return;
    }
    this.#rebalancing = true;
    const waiting = new Set<RoleProcess>();
    for (const member of this.#sessions.keys()) {
      if (member.standsStill) this.#expel(member);
      else if (member.alive) {
        waiting.add(member);
        void member.release().then(() => waiting.delete(member));
      }
    }
    this.#world.scheduler.settle();
    this.#await(waiting, this.#world.scheduler.now + REBALANCE_MS);
  }

  /** It does not answer: the group goes on without it, and it learns of that some time after it wakes. */
  #expel(member: RoleProcess): void {
    this.#sessions.delete(member);
    member.after(this.#world.chance.int(1, 500), () => {
      void member.release();
      this.join(member);
    });
  }

  #await(waiting: Set<RoleProcess>, until: number): void {
    const { scheduler } = this.#world;
    if (waiting.size > 0 && scheduler.now < until) {
      scheduler.after(LOOK_MS, () => this.#await(waiting, until));
      return;
    }
    this.#prepare();
  }

  /** Nobody works now. Where partitions were added, a member moves what the tables hold; if it dies or stands still, the next one begins anew. */
  #prepare(): void {
    const { log, scheduler, chance } = this.#world;
    const [first, ...others] = [...this.#sessions.keys()].filter(({ alive }) => alive);
    if (!first || !this.#mayHaveStrays()) return void this.#rejoined();
    if (!log.up) return void scheduler.after(LOOK_MS, () => this.#prepare());
    const leader = chance.pick([first, ...others]);
    let isMoved = false;
    void this.#move(leader).then(() => {
      isMoved = true;
    });
    const look = () => {
      // When it wakes it goes on with what it had begun.
      if (leader.standsStill && !isMoved) this.#expel(leader);
      if (isMoved) this.#rejoined();
      else if (!this.#sessions.has(leader)) this.#prepare();
      else scheduler.after(LOOK_MS, look);
    };
    look();
  }

  /** A group that has committed in every partition has been through this, or began with as many. */
  #mayHaveStrays(): boolean {
    const partitions = this.#count();
    if (partitions > this.#partitions) this.#regroup(partitions);
    return this.#partitions > PARTITIONS && [...this.#committed.values()].some(({ size }) => size === 0);
  }

  #count(): number {
    return Math.max(...this.#topics.map((topic) => this.#world.log.partitionsOf(topic)));
  }

  #regroup(partitions: number): void {
    const committed = Array.from({ length: partitions }, (_, p) => this.#committed.get(p)?.get('signals')?.offset ?? 0);
    this.#world.regrouped.push({ at: this.#world.scheduler.now, committed });
    this.#partitions = partitions;
    for (let p = 0; p < partitions; p++) if (!this.#committed.has(p)) this.#committed.set(p, new Map());
  }

  async #move(leader: RoleProcess): Promise<void> {
    const { rekeyed, tables = [] } = this.#definition;
    const { log, chance } = this.#world;
    if (!rekeyed) return;
    const moving = new Moving(this.#partitions, rekeyed);
    const read = (take: (record: InRecord) => void) =>
      new Promise<void>((resolve) => {
        leader.after(chance.int(1, READ_MS), () => {
          for (const table of tables) for (const record of log.all(table)) take(record);
          resolve();
        });
      });
    await read((record) => moving.find(record));
    if (!moving.isNeeded) return;
    await read((record) => moving.compare(record));
    await carryOut(moving.moves(), leader);
  }

  #rejoined(): void {
    this.#rebalancing = false;
    if (this.#again) {
      this.#again = false;
      this.rebalance();
      return;
    }
    this.#assign();
  }

  #assign(): void {
    const { chance, log } = this.#world;
    const generation = ++this.#serving;
    for (const member of this.#sessions.keys()) if (!member.alive) this.#sessions.delete(member);
    const [first, ...others] = [...this.#sessions.keys()];
    if (!first) return;
    const batch = chance.skewed(1, 60);
    const partitions = this.#partitions;
    for (let partition = 0; partition < partitions; partition++) {
      const committed = this.#committed.get(partition) ?? new Map<string, Committed>();
      this.#committed.set(partition, committed);
      const member = chance.pick([first, ...others]);
      const session = this.#sessions.get(member);
      member.gain({
        partition,
        partitions,
        committed: new Map(committed),
        extents: new Map(this.#topics.map((topic): [string, Extent] => [topic, log.extent(topic, partition)])),
        batch,
        commit: (topic, done) => {
          if (this.#serving === generation && this.#sessions.get(member) === session) committed.set(topic, done);
        },
      });
    }
  }
}
