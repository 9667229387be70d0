import type { Ending } from './marker.ts';

/** What a group has committed for one partition. `metadata` is the client's own note, given back as it came. */
export interface CommittedOffset {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

interface Kept extends CommittedOffset {
  /** Later commits have greater numbers. */
  readonly order: number;
}

/** Keeps what a group committed for a partition, or with undefined takes it away. */
export type KeepOffset = (topic: string, partition: number, committed: CommittedOffset | undefined) => void;

/** The committed offsets of one group. They outlive its members. */
export class Offsets {
  readonly #keep: KeepOffset;
  readonly #committed = new ByPartition();
  /** By producer: what its open transaction is going to commit (KIP-98). */
  readonly #pending = new Map<number, ByPartition>();
  #order = 0;

  constructor(keep: KeepOffset = () => undefined) {
    this.#keep = keep;
  }

  /** One that was kept. */
  restore(topic: string, partition: number, committed: CommittedOffset): void {
    this.#committed.set(topic, partition, { ...committed, order: this.#order++ });
  }

  commit(topic: string, partition: number, committed: CommittedOffset): void {
    this.#keep(topic, partition, committed);
    this.restore(topic, partition, committed);
  }

  /** The same as part of a producer's transaction. */
  commitPending(producerId: number, topic: string, partition: number, committed: CommittedOffset): void {
    const pending = this.#pending.get(producerId) ?? new ByPartition();
    this.#pending.set(producerId, pending);
    pending.set(topic, partition, { ...committed, order: this.#order++ });
  }

  /** The producer's transaction is decided. What was committed without one since then stays. */
  endTransaction({ producerId, committed }: Ending): void {
    const pending = this.#pending.get(producerId);
    this.#pending.delete(producerId);
    if (!pending || !committed) return;
    for (const { topic, partitions } of pending.all()) {
      for (const partition of partitions) {
        const kept = pending.get(topic, partition);
        const present = this.#committed.get(topic, partition);
        if (!kept || (present && present.order > kept.order)) continue;
        const { offset, leaderEpoch, metadata } = kept;
        this.#keep(topic, partition, { offset, leaderEpoch, metadata });
        this.#committed.set(topic, partition, kept);
      }
    }
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#committed.get(topic, partition);
  }

  /** Whether an open transaction may change what is committed here (KIP-447). */
  isPending(topic: string, partition: number): boolean {
    for (const pending of this.#pending.values()) if (pending.get(topic, partition)) return true;
    return false;
  }

  all(): { topic: string; partitions: number[] }[] {
    return this.#committed.all();
  }

  forget(topic: string, partition: number): void {
    this.#keep(topic, partition, undefined);
    this.#committed.delete(topic, partition);
  }

  forgetTopic(topic: string): void {
    const of = this.all().find((known) => known.topic === topic);
    for (const partition of of?.partitions ?? []) this.forget(topic, partition);
    for (const pending of this.#pending.values()) pending.deleteTopic(topic);
  }
}

/** Offsets by topic and partition. */
class ByPartition {
  readonly #byTopic = new Map<string, Map<number, Kept>>();

  set(topic: string, partition: number, kept: Kept): void {
    const partitions = this.#byTopic.get(topic) ?? new Map<number, Kept>();
    this.#byTopic.set(topic, partitions.set(partition, kept));
  }

  get(topic: string, partition: number): Kept | undefined {
    return this.#byTopic.get(topic)?.get(partition);
  }

  all(): { topic: string; partitions: number[] }[] {
    return [...this.#byTopic].map(([topic, partitions]) => ({ topic, partitions: [...partitions.keys()] }));
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#byTopic.get(topic);
    partitions?.delete(partition);
    if (partitions?.size === 0) this.#byTopic.delete(topic);
  }

  deleteTopic(topic: string): void {
    this.#byTopic.delete(topic);
  }
}
