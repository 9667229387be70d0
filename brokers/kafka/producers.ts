import type { ProducerStamp } from './batch.ts';
import { ErrorCode } from './error-codes.ts';
import type { LogState } from './store.ts';

/** As many batches as an idempotent producer may have in flight (KIP-98). */
const REMEMBERED_BATCHES = 5;
/** As many producers as one partition remembers; the one that was silent longest goes first. */
const REMEMBERED_PRODUCERS = 1000;

interface Sent {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
}

interface Known {
  readonly epoch: number;
  /** The last batches of this epoch; none when all that came of it is the end of a transaction. */
  readonly sent: readonly Sent[];
}

/** What a partition makes of a numbered batch: new, a repetition of one that it has, or an error. */
export type Verdict =
  | { readonly kind: 'new' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number }
  | { readonly kind: 'error'; readonly error: ErrorCode };

const NEW: Verdict = { kind: 'new' };

/** The idempotent producers of one partition: their last batches, by which a repeated one is recognised (KIP-98). */
export class Producers {
  /** By producer id, the one that was silent longest first. */
  readonly #known = new Map<number, Known>();

  /** What is known of each, as `restore` takes it. */
  get state(): LogState['producers'] {
    return [...this.#known].map(([producerId, known]) => ({ producerId, ...known }));
  }

  restore(state: LogState['producers']): void {
    for (const { producerId, epoch, sent } of state) this.#known.set(producerId, { epoch, sent });
  }

  judge(stamp: ProducerStamp): Verdict {
    const known = stamp.producerId < 0 ? undefined : this.#known.get(stamp.producerId);
    if (!known) return NEW;
    if (stamp.epoch < known.epoch) return { kind: 'error', error: ErrorCode.INVALID_PRODUCER_EPOCH };
    const last = known.sent.at(-1);
    if (stamp.epoch > known.epoch || !last) return stamp.firstSequence === 0 ? NEW : OUT_OF_ORDER;
    const twin = known.sent.find(
      (batch) => batch.firstSequence === stamp.firstSequence && batch.lastSequence === stamp.lastSequence,
    );
    if (twin) return { kind: 'duplicate', baseOffset: twin.baseOffset };
    return stamp.firstSequence === ((last.lastSequence + 1) & 0x7fffffff) ? NEW : OUT_OF_ORDER;
  }

  remember({ producerId, epoch, firstSequence, lastSequence }: ProducerStamp, baseOffset: number): void {
    if (producerId < 0) return;
    const sent = [...this.#sentIn(producerId, epoch), { firstSequence, lastSequence, baseOffset }];
    this.#keep(producerId, { epoch, sent: sent.slice(-REMEMBERED_BATCHES) });
  }

  /** A marker came: earlier epochs of its producer are over. */
  fence(producerId: number, epoch: number): void {
    this.#keep(producerId, { epoch, sent: this.#sentIn(producerId, epoch) });
  }

  #sentIn(producerId: number, epoch: number): readonly Sent[] {
    const known = this.#known.get(producerId);
    return known?.epoch === epoch ? known.sent : [];
  }

  #keep(producerId: number, known: Known): void {
    this.#known.delete(producerId);
    this.#known.set(producerId, known);
    if (this.#known.size > REMEMBERED_PRODUCERS) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const producerId of this.#known.keys()) {
      this.#known.delete(producerId);
      return;
    }
  }
}

const OUT_OF_ORDER: Verdict = { kind: 'error', error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER };
