import {
  batchBaseOffset,
  batchBytes,
  batchIsControl,
  batchLastOffset,
  batchProducer,
  type ProducerStamp,
} from './batch.ts';
import { ErrorCode } from './error-codes.ts';
import { endingOf } from './marker.ts';
import { type AbortedTransaction, OpenTransactions } from './open-transactions.ts';
import { Producers, type Verdict } from './producers.ts';
import type { Slab } from './slab.ts';
import type { LogState } from './store.ts';

/**
 * What a partition knows of those who wrote to it (Apache Kafka's ProducerStateManager): their last batches, their transactions,
 * and how much of the log is decided.
 */
export class ProducerState {
  readonly #producers = new Producers();
  readonly #transactions = new OpenTransactions();
  /** Of all batches that were ever appended. */
  #appendedBytes = 0;

  /** What `restore` takes. */
  get state(): LogState {
    return { appendedBytes: this.#appendedBytes, producers: this.#producers.state, ...this.#transactions.state };
  }

  /** Takes over what was known, and what slabs say that came later. */
  restore(state: LogState, later: readonly Slab[]): void {
    this.#appendedBytes = state.appendedBytes;
    this.#producers.restore(state.producers);
    this.#transactions.restore(state);
    for (const slab of later) {
      slab.eachBatch((bytes, at) => {
        if (batchIsControl(bytes, at)) this.ended(bytes, at);
        else this.appended(batchProducer(bytes, at), batchBaseOffset(bytes, at), batchBytes(bytes, at));
        return false;
      });
    }
  }

  /** What is to be made of a batch that a producer sends. */
  judge(stamp: ProducerStamp): Verdict {
    const verdict = this.#producers.judge(stamp);
    if (verdict.kind !== 'new' || stamp.isTransactional || !this.isOpen(stamp.producerId)) return verdict;
    return IN_TRANSACTION;
  }

  /** A batch was appended: what its producer's next ones are judged by. */
  appended(stamp: ProducerStamp, firstOffset: number, bytes: number): void {
    this.#producers.remember(stamp, firstOffset);
    if (stamp.isTransactional) {
      this.#transactions.append(stamp.producerId, { firstOffset, position: this.#appendedBytes });
    }
    this.#appendedBytes += bytes;
  }

  /** The marker at `at` was appended: the end of a transaction. */
  ended(bytes: Buffer, at: number): void {
    const { producerId, epoch, committed } = endingOf(bytes, at);
    this.#producers.fence(producerId, epoch);
    this.#transactions.end(producerId, batchBaseOffset(bytes, at), committed);
    this.#appendedBytes += batchBytes(bytes, at);
  }

  /** Whether the producer has written something whose transaction is still open. */
  isOpen(producerId: number): boolean {
    return this.#transactions.isOpen(producerId);
  }

  /** Those who have. */
  get open(): readonly number[] {
    return this.#transactions.producerIds;
  }

  /** Where the first one begins that is open. */
  get firstOpenOffset(): number | undefined {
    return this.#transactions.oldest?.firstOffset;
  }

  /** How much of what was ever appended lies before it. */
  get stableBytes(): number {
    return this.#transactions.oldest?.position ?? this.#appendedBytes;
  }

  /** The aborted transactions of which something lies in `slices`, which were read from `offset`. */
  aborted(offset: number, slices: readonly Buffer[]): readonly AbortedTransaction[] {
    const last = slices.at(-1);
    if (!last || !this.#transactions.anyAborted) return [];
    let at = 0;
    while (at + batchBytes(last, at) < last.length) at += batchBytes(last, at);
    return this.#transactions.aborted(offset, batchLastOffset(last, at) + 1);
  }

  /** Whether the producer's batch at `offset` was aborted. */
  wasAborted(producerId: number, offset: number): boolean {
    return this.#transactions.wasAborted(producerId, offset);
  }

  /** Nothing before `offset` is there any more. */
  forget(offset: number): void {
    this.#transactions.forget(offset);
  }
}

const IN_TRANSACTION: Verdict = { kind: 'error', error: ErrorCode.INVALID_TXN_STATE };
