import type { ProducerStamp } from './batch.ts';
import { ErrorCode } from './error-codes.ts';

/** As many batches as an idempotent producer may have in flight (KIP-98). */
const REMEMBERED_BATCHES = 5;
/** As many producers as one partition remembers; the one that was silent longest goes first. */
const REMEMBERED_PRODUCERS = 1000;

interface Sent extends ProducerStamp {
  readonly baseOffset: number;
}

/** What a partition makes of a numbered batch: new, a repetition of one that it has, or an error. */
export type Verdict =
  | { readonly kind: 'new' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number }
  | { readonly kind: 'error'; readonly error: ErrorCode };

const NEW: Verdict = { kind: 'new' };

/** The idempotent producers of one partition: their last batches, by which a repeated one is recognised (KIP-98). */
export class Producers {
  readonly #sent = new Map<number, Sent[]>();

  judge(stamp: ProducerStamp): Verdict {
    if (stamp.producerId < 0) return NEW;
    const sent = this.#sent.get(stamp.producerId);
    const last = sent?.at(-1);
    if (!sent || !last) return NEW;
    if (stamp.epoch < last.epoch) return { kind: 'error', error: ErrorCode.INVALID_PRODUCER_EPOCH };
    if (stamp.epoch > last.epoch) return stamp.firstSequence === 0 ? NEW : OUT_OF_ORDER;
    const twin = sent.find(
      (batch) => batch.firstSequence === stamp.firstSequence && batch.lastSequence === stamp.lastSequence,
    );
    if (twin) return { kind: 'duplicate', baseOffset: twin.baseOffset };
    return stamp.firstSequence === ((last.lastSequence + 1) & 0x7fffffff) ? NEW : OUT_OF_ORDER;
  }

  remember(stamp: ProducerStamp, baseOffset: number): void {
    if (stamp.producerId < 0) return;
    const sent = (this.#sent.get(stamp.producerId) ?? []).filter((batch) => batch.epoch === stamp.epoch);
    sent.push({ ...stamp, baseOffset });
    if (sent.length > REMEMBERED_BATCHES) sent.shift();
    this.#sent.delete(stamp.producerId);
    this.#sent.set(stamp.producerId, sent);
    if (this.#sent.size > REMEMBERED_PRODUCERS) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const producerId of this.#sent.keys()) {
      this.#sent.delete(producerId);
      return;
    }
  }
}

const OUT_OF_ORDER: Verdict = { kind: 'error', error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER };
