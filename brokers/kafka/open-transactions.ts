import { lastAtMost } from './slab.ts';
import type { LogState } from './store.ts';

/** A transaction that was aborted, as Fetch tells it: the producer's records from `firstOffset` to the marker. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** That of the marker. */
  readonly lastOffset: number;
}

interface Begun {
  readonly firstOffset: number;
  /** How many bytes had been appended before. */
  readonly position: number;
}

/** The transactions of one partition: those that are open, and those that were aborted (KIP-98). */
export class OpenTransactions {
  /** By producer, in the order in which they began. */
  readonly #open = new Map<number, Begun>();
  /** In the order in which they ended. */
  #aborted: AbortedTransaction[] = [];

  /** What is known of them, as `restore` takes it. */
  get state(): Pick<LogState, 'open' | 'aborted'> {
    return {
      open: [...this.#open].map(([producerId, begun]) => ({ producerId, ...begun })),
      aborted: this.#aborted,
    };
  }

  restore({ open, aborted }: Pick<LogState, 'open' | 'aborted'>): void {
    for (const { producerId, ...begun } of open) this.#open.set(producerId, begun);
    this.#aborted = [...aborted];
  }

  /** Those who have one open. */
  get producerIds(): number[] {
    return [...this.#open.keys()];
  }

  isOpen(producerId: number): boolean {
    return this.#open.has(producerId);
  }

  /** The first one that began, before which everything is decided. */
  get oldest(): Begun | undefined {
    // Asked for each batch, and nearly always there is none.
    if (this.#open.size === 0) return undefined;
    for (const begun of this.#open.values()) return begun;
    return undefined;
  }

  get anyAborted(): boolean {
    return this.#aborted.length > 0;
  }

  /** Takes note of a batch that belongs to a transaction of its producer. */
  append(producerId: number, begun: Begun): void {
    if (!this.#open.has(producerId)) this.#open.set(producerId, begun);
  }

  /** The marker at `lastOffset` ends the producer's transaction, if it wrote anything here. */
  end(producerId: number, lastOffset: number, committed: boolean): void {
    const begun = this.#open.get(producerId);
    this.#open.delete(producerId);
    if (begun && !committed) this.#aborted.push({ producerId, firstOffset: begun.firstOffset, lastOffset });
  }

  /** The aborted ones of which something lies in `[from, to)`. */
  aborted(from: number, to: number): AbortedTransaction[] {
    const ended = this.#aborted.map(({ lastOffset }) => lastOffset);
    return this.#aborted.slice(lastAtMost(ended, from - 1) + 1).filter(({ firstOffset }) => firstOffset < to);
  }

  /** Whether the producer's batch at `offset` was aborted. */
  wasAborted(producerId: number, offset: number): boolean {
    return this.aborted(offset, offset + 1).some((transaction) => transaction.producerId === producerId);
  }

  /** Forgets what ended before `to`, because nothing of it is there any more. */
  forget(to: number): void {
    this.#aborted = this.#aborted.filter(({ lastOffset }) => lastOffset >= to);
  }
}
