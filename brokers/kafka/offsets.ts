/** What a group has committed for one partition. `metadata` is the client's own note, given back as it came. */
export interface CommittedOffset {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

/** The committed offsets of one group. They outlive its members. */
export class Offsets {
  readonly #byTopic = new Map<string, Map<number, CommittedOffset>>();

  commit(topic: string, partition: number, committed: CommittedOffset): void {
    const partitions = this.#byTopic.get(topic) ?? new Map<number, CommittedOffset>();
    this.#byTopic.set(topic, partitions.set(partition, committed));
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#byTopic.get(topic)?.get(partition);
  }

  all(): { topic: string; partitions: number[] }[] {
    return [...this.#byTopic].map(([topic, partitions]) => ({ topic, partitions: [...partitions.keys()] }));
  }

  forgetTopic(topic: string): void {
    this.#byTopic.delete(topic);
  }
}
