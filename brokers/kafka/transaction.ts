import { ErrorCode } from './error-codes.ts';

/** The states of a transaction that can be seen: the broker completes one at once, so it never stays in between. */
export type TransactionState = 'Empty' | 'Ongoing' | 'CompleteCommit' | 'CompleteAbort';

/** A producer as it names itself in its requests. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

/** PRODUCER_FENCED in the words of the versions that came before it (KIP-588). */
export function asKnownTo(isKnown: boolean, error: ErrorCode): ErrorCode {
  return error === ErrorCode.PRODUCER_FENCED && !isKnown ? ErrorCode.INVALID_PRODUCER_EPOCH : error;
}

/** A transactional id as it is kept: without what its transaction has written, which the logs know. */
export interface KeptTransaction extends ProducerIdentity {
  readonly state: TransactionState;
  readonly timeoutMs: number;
  readonly lastEpoch: number;
  readonly previousProducerId: number;
}

/** Epochs end here, one before the end of INT16, so that a producer can always be fenced. */
const LAST_EPOCH = 0x7ffe;
const NO_EPOCH = -1;

/** What stands behind one transactional id: its producer, and the transaction that this one is in (KIP-98, KIP-360). */
export class Transaction {
  readonly id: string;
  state: TransactionState = 'Empty';
  timeoutMs = 0;
  /** The partitions that it writes to, by topic, and the groups for which it commits offsets. */
  readonly partitions = new Map<string, Set<number>>();
  readonly groups = new Set<string>();
  #producerId: number;
  #epoch = NO_EPOCH;
  /** The epoch before a bump that the producer itself asked for, which may ask again when it missed the answer. */
  #lastEpoch = NO_EPOCH;
  #previousProducerId = -1;

  constructor(id: string, producerId: number) {
    this.id = id;
    this.#producerId = producerId;
  }

  /** One that was kept. */
  static restored(id: string, kept: KeptTransaction): Transaction {
    const transaction = new Transaction(id, kept.producerId);
    transaction.state = kept.state;
    transaction.timeoutMs = kept.timeoutMs;
    transaction.#epoch = kept.epoch;
    transaction.#lastEpoch = kept.lastEpoch;
    transaction.#previousProducerId = kept.previousProducerId;
    return transaction;
  }

  /** What `restored` takes. */
  get kept(): KeptTransaction {
    return {
      ...this.producer,
      state: this.state,
      timeoutMs: this.timeoutMs,
      lastEpoch: this.#lastEpoch,
      previousProducerId: this.#previousProducerId,
    };
  }

  get producer(): ProducerIdentity {
    return { producerId: this.#producerId, epoch: this.#epoch };
  }

  /** Whether this is the producer that the id belongs to now. */
  identify({ producerId, epoch }: ProducerIdentity): ErrorCode {
    if (producerId !== this.#producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    return epoch === this.#epoch ? ErrorCode.NONE : ErrorCode.PRODUCER_FENCED;
  }

  /** Whether a producer may go on under this id that says it is `expected`, or does not say who it was. */
  expects(expected: ProducerIdentity | undefined): boolean {
    if (!expected || this.#epoch === NO_EPOCH || expected.producerId === this.#producerId) return true;
    // It asks again, since it missed that it was given a new id.
    return expected.producerId === this.#previousProducerId && expected.epoch >= LAST_EPOCH;
  }

  /** Whoever has the present epoch can write no more. */
  fence(): void {
    this.#epoch += 1;
    this.#lastEpoch = NO_EPOCH;
  }

  /** Gives the producer its next epoch, or its next id when there are no more. */
  renew(expected: ProducerIdentity | undefined, newProducerId: () => number): ErrorCode {
    if (this.#epoch >= LAST_EPOCH && (!expected || expected.epoch === this.#epoch)) {
      this.#previousProducerId = this.#producerId;
      this.#producerId = newProducerId();
      this.#lastEpoch = expected ? this.#epoch : NO_EPOCH;
      this.#epoch = 0;
    } else if (!expected || this.#epoch === NO_EPOCH || expected.epoch === this.#epoch) {
      this.#lastEpoch = expected ? this.#epoch : NO_EPOCH;
      this.#epoch += 1;
    } else if (expected.epoch !== this.#lastEpoch) {
      return ErrorCode.PRODUCER_FENCED;
    }
    this.state = 'Empty';
    return ErrorCode.NONE;
  }

  addPartition(topic: string, partition: number): void {
    const partitions = this.partitions.get(topic) ?? new Set<number>();
    this.partitions.set(topic, partitions.add(partition));
  }

  /** Answers with what it was about. */
  complete(state: 'CompleteCommit' | 'CompleteAbort') {
    const partitions = [...this.partitions].flatMap(([topic, indices]) =>
      [...indices].map((partition) => ({ topic, partition })),
    );
    const groups = [...this.groups];
    this.state = state;
    this.partitions.clear();
    this.groups.clear();
    return { partitions, groups };
  }
}
