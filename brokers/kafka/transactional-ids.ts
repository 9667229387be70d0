import type { Clock } from '../../contracts/clock.ts';
import type { Store } from './store.ts';
import { type KeptTransaction, Transaction } from './transaction.ts';

/** `transactional.id.expiration.ms` of Apache Kafka: seven days. */
const EXPIRATION_MS = 7 * 24 * 60 * 60 * 1000;

/** A transactional id as it is kept, with when it was last used, in milliseconds since the epoch. */
export interface KeptId {
  readonly id: string;
  readonly transaction: KeptTransaction;
  readonly usedAt: number;
}

/**
 * The transactional ids that were used in the last seven days, or have a transaction open. Looked at whenever one is used,
 * so that no timer is needed.
 */
export class TransactionalIds {
  readonly #clock: Clock;
  readonly #store: Store;
  /** The one that was not used for longest first. */
  readonly #known = new Map<string, { readonly transaction: Transaction; readonly usedAt: number }>();

  constructor(clock: Clock, store: Store) {
    this.#clock = clock;
    this.#store = store;
  }

  restore(kept: readonly KeptId[]): void {
    for (const { id, transaction, usedAt } of kept.toSorted((a, b) => a.usedAt - b.usedAt)) {
      this.#known.set(id, { transaction: Transaction.restored(id, transaction), usedAt });
    }
  }

  *all(): Generator<Transaction> {
    for (const { transaction } of this.#known.values()) yield transaction;
  }

  get(id: string): Transaction | undefined {
    this.#expire();
    return this.#known.get(id)?.transaction;
  }

  /** Keeps what became of one, which so was used. */
  keep(transaction: Transaction): void {
    const { id } = transaction;
    const usedAt = this.#clock.now();
    this.#store.put([['transaction', id], { ...transaction.kept, usedAt }]);
    this.#known.delete(id);
    this.#known.set(id, { transaction, usedAt });
  }

  #expire(): void {
    const expired = this.#clock.now() - EXPIRATION_MS;
    for (const [id, { transaction, usedAt }] of this.#known) {
      if (usedAt > expired) return;
      if (transaction.state === 'Ongoing') continue;
      this.#store.note([['transaction', id], undefined]);
      this.#known.delete(id);
    }
  }
}
