import type { Clock, Timer } from '../../contracts/clock.ts';
import { Completions } from './completions.ts';
import { ErrorCode } from './error-codes.ts';
import type { Groups } from './groups.ts';
import { NO_STORE, StorageFailure, type Store } from './store.ts';
import type { Topics } from './topics.ts';
import { type ProducerIdentity, Transaction } from './transaction.ts';
import { type KeptId, TransactionalIds } from './transactional-ids.ts';

export interface TransactionsOptions {
  readonly clock: Clock;
  /** Where transactions write their markers, and whose offsets they commit. */
  readonly topics: Topics;
  readonly groups: Groups;
  /** `transaction.max.timeout.ms`. */
  readonly maxTimeoutMs: number;
  readonly store?: Store;
}

/** After so long a disk that was full is tried again. */
const RETRY_MS = 1_000;

/** A producer that says which transactional id it has. */
export interface TransactionalProducer extends ProducerIdentity {
  readonly transactionalId: string;
}

export interface Initialized extends ProducerIdentity {
  readonly error: ErrorCode;
}

/** The transaction coordinator: every transactional id there is, and the numbers of all producers (KIP-98). */
export class Transactions {
  readonly #options: TransactionsOptions;
  readonly #store: Store;
  readonly #ids: TransactionalIds;
  readonly #completions: Completions;
  readonly #deadlines = new Map<Transaction, Timer>();
  #producerIds = 0;

  constructor(options: TransactionsOptions) {
    this.#options = options;
    this.#store = options.store ?? NO_STORE;
    this.#ids = new TransactionalIds(options.clock, this.#store);
    this.#completions = new Completions(this.#store, options.topics);
  }

  /**
   * What was kept, after the topics. A transaction that was decided is completed; others are aborted, since their
   * producers' requests went with the broker that had them.
   */
  restore(producerIds: number, kept: readonly KeptId[]): void {
    this.#producerIds = producerIds;
    this.#ids.restore(kept);
    const byProducer = new Map<number, Transaction>();
    for (const transaction of [...this.#ids.all()]) {
      if (transaction.state === 'Ongoing') this.#abort(transaction);
      byProducer.set(transaction.producer.producerId, transaction);
    }
    for (const topic of this.#options.topics.all()) {
      for (const log of topic.partitions) {
        for (const producerId of log.openTransactions) {
          const transaction = byProducer.get(producerId);
          const epoch = transaction?.producer.epoch ?? 0;
          log.endTransaction({ producerId, epoch, committed: transaction?.state === 'CompleteCommit' });
        }
      }
    }
  }

  /** A number that no producer has had yet, for one that is idempotent only. */
  newProducerId(): number {
    this.#store.put([['producers'], { next: this.#producerIds + 1 }]);
    return this.#producerIds++;
  }

  /** Makes the caller the producer of `id`: an earlier one is fenced, and its open transaction aborted. */
  initialize(id: string, timeoutMs: number, expected: ProducerIdentity | undefined): Initialized {
    if (id === '') return failed(ErrorCode.INVALID_REQUEST);
    if (timeoutMs <= 0 || timeoutMs > this.#options.maxTimeoutMs) return failed(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    const transaction = this.#ids.get(id) ?? new Transaction(id, this.newProducerId());
    this.#completions.finish(transaction);
    if (!transaction.expects(expected)) return failed(ErrorCode.PRODUCER_FENCED);
    if (transaction.state === 'Ongoing') this.#abort(transaction);
    const error = transaction.renew(expected, () => this.newProducerId());
    if (error !== ErrorCode.NONE) return failed(error);
    transaction.timeoutMs = timeoutMs;
    this.#ids.keep(transaction);
    return { error, ...transaction.producer };
  }

  /** Begins the producer's transaction with its first partition, or adds more. */
  addPartitions(
    producer: TransactionalProducer,
    partitions: readonly { topic: string; partition: number }[],
  ): ErrorCode {
    return this.#add(producer, (transaction) => {
      for (const { topic, partition } of partitions) transaction.addPartition(topic, partition);
    });
  }

  /** The same for the offsets of a group. */
  addGroup(producer: TransactionalProducer, groupId: string): ErrorCode {
    return this.#add(producer, (transaction) => void transaction.groups.add(groupId));
  }

  /** Whether the producer may write to this partition: it has added it before. */
  mayWrite(producer: TransactionalProducer, topic: string, partition: number): ErrorCode {
    return this.#verify(producer, (transaction) => transaction.partitions.get(topic)?.has(partition) ?? false);
  }

  /** Whether the producer may commit offsets of this group. */
  mayCommit(producer: TransactionalProducer, groupId: string): ErrorCode {
    return this.#verify(producer, (transaction) => transaction.groups.has(groupId));
  }

  /** Commits or aborts; asked again for what it did, it answers as before. */
  end(producer: TransactionalProducer, committed: boolean): ErrorCode {
    const { transaction, error } = this.#find(producer);
    if (!transaction) return error;
    if (transaction.state === 'Ongoing') {
      this.#complete(transaction, committed);
      return ErrorCode.NONE;
    }
    const done = committed ? 'CompleteCommit' : 'CompleteAbort';
    return transaction.state === done ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE;
  }

  /** Nobody has to keep a deadline while the broker stands still. */
  suspend(): void {
    for (const timer of this.#deadlines.values()) timer.cancel();
    this.#deadlines.clear();
  }

  /** Open transactions have all their time again. */
  resume(): void {
    for (const transaction of this.#ids.all()) if (transaction.state === 'Ongoing') this.#setDeadline(transaction);
  }

  #add(producer: TransactionalProducer, add: (transaction: Transaction) => void): ErrorCode {
    const { transaction, error } = this.#find(producer);
    if (!transaction) return error;
    add(transaction);
    if (transaction.state !== 'Ongoing') {
      transaction.state = 'Ongoing';
      this.#setDeadline(transaction);
      this.#ids.keep(transaction);
    }
    return ErrorCode.NONE;
  }

  #verify(producer: TransactionalProducer, isPart: (transaction: Transaction) => boolean): ErrorCode {
    const { transaction, error } = this.#find(producer);
    if (!transaction) return error;
    return transaction.state === 'Ongoing' && isPart(transaction) ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE;
  }

  #find(producer: TransactionalProducer): { transaction?: Transaction; error: ErrorCode } {
    if (producer.transactionalId === '') return { error: ErrorCode.INVALID_REQUEST };
    const transaction = this.#ids.get(producer.transactionalId);
    if (transaction) this.#completions.finish(transaction);
    const error = transaction?.identify(producer) ?? ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    return transaction && error === ErrorCode.NONE ? { transaction, error } : { error };
  }

  #setDeadline(transaction: Transaction): void {
    this.#after(transaction, transaction.timeoutMs, () => void isTaken(() => this.#abort(transaction)));
  }

  #finishLater(transaction: Transaction): void {
    this.#after(transaction, RETRY_MS, () => {
      if (!isTaken(() => this.#completions.finish(transaction))) this.#finishLater(transaction);
    });
  }

  #after(transaction: Transaction, delayMs: number, act: () => void): void {
    this.#deadlines.set(transaction, this.#options.clock.after('kafka transaction', delayMs, act));
  }

  /** Not by its producer, which can go on no more. */
  #abort(transaction: Transaction): void {
    transaction.fence();
    this.#complete(transaction, false);
  }

  #complete(transaction: Transaction, committed: boolean): void {
    const { groups } = this.#options;
    this.#deadlines.get(transaction)?.cancel();
    this.#deadlines.delete(transaction);
    const ending = { ...transaction.producer, committed };
    const { partitions, groups: groupIds } = transaction.complete(committed ? 'CompleteCommit' : 'CompleteAbort');
    const changes = this.#store.gather(() => {
      this.#ids.keep(transaction);
      for (const groupId of groupIds) groups.offsets(groupId)?.endTransaction(ending);
    });
    try {
      this.#completions.begin(transaction, { ending, changes, partitions });
    } catch (error) {
      this.#finishLater(transaction);
      throw error;
    }
  }
}

/** Whether the disk took it. */
function isTaken(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof StorageFailure) return false;
    throw error;
  }
}

function failed(error: ErrorCode): Initialized {
  return { error, producerId: -1, epoch: -1 };
}
