/** When each partition that this process holds was last judged by a canary: its watchdog's tasks say so, its pulse asks. */
export class JudgedPartitions {
  /** Ms since the epoch, by our clock; undefined where that has not been since it is held. */
  readonly #at = new Map<number, number | undefined>();

  /** The partition is held from now on. */
  hold(partition: number): void {
    this.#at.set(partition, undefined);
  }

  judged(partition: number, now: number): void {
    this.#at.set(partition, now);
  }

  /** It went to another process. */
  forget(partition: number): void {
    this.#at.delete(partition);
  }

  /**
   * `well`: each was judged in the last `withinMs`. `silent`: one was not, that was judged before. `unknown` where none is held, or
   * one has still to be judged for the first time: another process may be the one that watches.
   */
  state(now: number, withinMs: number): 'well' | 'silent' | 'unknown' {
    const times = [...this.#at.values()];
    if (times.some((at) => at !== undefined && now - at > withinMs)) return 'silent';
    return times.length === 0 || times.includes(undefined) ? 'unknown' : 'well';
  }
}
