import { type Clock, sleep } from '../contracts/clock.ts';
import type { Metrics } from '../contracts/metrics.ts';
import type { Claim, Work } from '../transport/kafka/claim.ts';
import type { RecordBatch } from '../transport/kafka/types.ts';
import type { Channel, Notice } from './channel.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Intake, type ReadAhead } from './intake.ts';

export interface PartitionWorkOptions<N extends Notice> {
  readonly claim: Claim;
  readonly channel: Channel<N>;
  readonly retryTopics: readonly string[];
  readonly dispatcher: Dispatcher<N>;
  readonly wireClock: Clock;
  readonly metrics: Metrics;
  readonly readAhead: ReadAhead;
  /** How long running sends may hold up a rebalance or a stop, in milliseconds. */
  readonly graceMs: number;
}

/**
 * A partition of the channel's topics, while it is ours. Retries are read first, up to where they ended when the partition
 * was gained: so a notice on the channel's own topic finds those of its lane that wait there, and stays behind them.
 */
export class PartitionWork<N extends Notice> implements Work {
  readonly #options: PartitionWorkOptions<N>;
  readonly #intakes = new Map<string, Intake>();
  /** Retry topics that are not read up to their end yet. */
  readonly #behind = new Set<string>();

  constructor(options: PartitionWorkOptions<N>) {
    this.#options = options;
    const { claim, channel, retryTopics, readAhead } = options;
    for (const topic of [channel.definition.topic, ...retryTopics]) {
      const port = {
        done: (offset: number) => claim.done(topic, offset),
        pause: () => claim.pause(topic),
        read: (offset: number) => claim.read(topic, offset),
      };
      this.#intakes.set(topic, new Intake(port, readAhead));
    }
  }

  begin(): void {
    const { claim, retryTopics } = this.#options;
    for (const topic of retryTopics) {
      const from = this.#startOf(topic);
      if (from < (claim.extents.get(topic)?.end ?? 0)) this.#behind.add(topic);
    }
    for (const topic of retryTopics) claim.read(topic, this.#startOf(topic));
    if (this.#behind.size === 0) this.#readOwnTopic();
  }

  take(batch: RecordBatch): void {
    const { claim, channel, dispatcher, metrics } = this.#options;
    const intake = this.#intakes.get(batch.topic);
    if (!intake || intake.closing) return;
    metrics.consumed.inc({ role: channel.name, topic: batch.topic }, batch.records.length);
    for (const record of intake.take(batch)) dispatcher.take(record, intake);
    // A topic that is full of what waits for its time is read far enough.
    const caughtUp = intake.paused || batch.nextOffset >= (claim.extents.get(batch.topic)?.end ?? 0);
    if (caughtUp && this.#behind.delete(batch.topic) && this.#behind.size === 0) this.#readOwnTopic();
  }

  async finish(): Promise<void> {
    const { claim, dispatcher, wireClock, graceMs } = this.#options;
    for (const intake of this.#intakes.values()) intake.close();
    dispatcher.drop(claim.partition);
    const enough = new AbortController();
    const grace = sleep(wireClock, 'end of running sends', graceMs, enough.signal);
    await Promise.race([dispatcher.idle(claim.partition), grace]);
    enough.abort();
    for (const intake of this.#intakes.values()) intake.lose();
    dispatcher.drop(claim.partition);
  }

  #readOwnTopic(): void {
    const { claim, channel } = this.#options;
    claim.read(channel.definition.topic, this.#startOf(channel.definition.topic));
    claim.ready();
  }

  #startOf(topic: string): number {
    const { claim } = this.#options;
    return claim.committed.get(topic)?.offset ?? claim.extents.get(topic)?.start ?? 0;
  }
}
