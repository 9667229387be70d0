import { type Channel as ChannelName, RETRY_DELAYS_MS, retryTopic } from '../contracts/kafka-topics.ts';

/** Where a notice waits for its next attempt, and until when (milliseconds since the Unix epoch). */
export interface Parking {
  readonly topic: string;
  readonly notBefore: number;
}

/** A pure sequence of delays, one retry topic for each. */
export class RetrySchedule {
  readonly #channel: ChannelName;
  readonly #delaysMs: readonly number[];

  /** `delaysMs`: the wait before each further attempt; at most as many as there are retry topics. */
  constructor(channel: ChannelName, delaysMs: readonly number[] = RETRY_DELAYS_MS) {
    this.#channel = channel;
    this.#delaysMs = delaysMs.slice(0, RETRY_DELAYS_MS.length);
  }

  /** Where a notice goes after `made` failed attempts; undefined after the last, or where it would wait past `expires`. */
  next(made: number, now: number, expires = Number.POSITIVE_INFINITY): Parking | undefined {
    const delay = this.#delaysMs[made - 1];
    const topic = retryTopic(this.#channel, made);
    if (delay === undefined || topic === undefined || now + delay >= expires) return undefined;
    return { topic, notBefore: now + delay };
  }

  /** How long to wait from `now`: never longer than the longest delay, whatever a header or a clock that jumped says. */
  waitMs(notBefore: number, now: number): number {
    return Math.max(0, Math.min(notBefore - now, Math.max(0, ...this.#delaysMs)));
  }
}
