import type { Ending } from './marker.ts';
import type { Change, Store } from './store.ts';
import type { Topics } from './topics.ts';
import type { Transaction } from './transaction.ts';

/** What is left to do for a transaction that is decided. */
export interface Completion {
  readonly ending: Ending;
  /** The decision, with the offsets that it commits. */
  changes: readonly Change[];
  /** Those whose marker is not written yet. */
  readonly partitions: { readonly topic: string; readonly partition: number }[];
}

/**
 * Transactions that are decided and not complete: nearly always none, since one is completed at once. Where the disk does
 * not take that, the rest is done when it is asked for again.
 */
export class Completions {
  readonly #store: Store;
  readonly #topics: Topics;
  readonly #unfinished = new Map<Transaction, Completion>();

  constructor(store: Store, topics: Topics) {
    this.#store = store;
    this.#topics = topics;
  }

  begin(transaction: Transaction, completion: Completion): void {
    this.#unfinished.set(transaction, completion);
    this.finish(transaction);
  }

  /** From the first step on it is decided, whatever happens before the last marker. Throws StorageFailure. */
  finish(transaction: Transaction): void {
    const completion = this.#unfinished.get(transaction);
    if (!completion) return;
    const { ending, changes, partitions } = completion;
    this.#store.put(...changes);
    completion.changes = [];
    for (let next = partitions[0]; next; next = partitions[0]) {
      this.#topics.log(next.topic, next.partition)?.endTransaction(ending);
      partitions.shift();
    }
    this.#unfinished.delete(transaction);
  }
}
