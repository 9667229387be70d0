import type { Clock } from '../contracts/clock.ts';
import { RETRY_DELAYS_MS, retryTopic } from '../contracts/kafka-topics.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Metrics } from '../contracts/metrics.ts';
import type { Service } from '../contracts/service.ts';
import type { Transit } from '../contracts/transit.ts';
import type { RecordSink } from '../transport/kafka/types.ts';
import type { Channel, Notice } from './channel.ts';
import { Dispatcher } from './dispatcher.ts';
import { READ_AHEAD, type ReadAhead } from './intake.ts';
import type { Feed } from './kafka-feed.ts';
import { PartitionWork } from './partition-work.ts';
import { RetrySchedule } from './retry-schedule.ts';

export interface NotifierOptions<N extends Notice> {
  readonly channel: Channel<N>;
  /** `kafkaFeed`; the notifier starts and stops what it makes. */
  readonly feed: Feed;
  /** Lives longer than the notifier. */
  readonly sink: RecordSink;
  /** The site's time: when a retry is due, when a notice has expired. */
  readonly clock: Clock;
  /** Times sockets: sends, and their end. Default `clock`. */
  readonly wireClock?: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly transit?: Transit;
  /** The wait before each further attempt, in milliseconds; default RETRY_DELAYS_MS. */
  readonly retryDelaysMs?: readonly number[];
  readonly readAhead?: ReadAhead;
  /** How long running sends may hold up a rebalance or a stop, in milliseconds; default 1,500. */
  readonly graceMs?: number;
}

/**
 * The role of one channel: every record of its topics ends as sent, as published again for later, or as a dead letter with
 * a lamp, and only then is its offset committed. Killed at any instant it loses nothing; a repetition has the same id.
 */
export class Notifier<N extends Notice> implements Service {
  readonly name: string;
  readonly #channel: Channel<N>;
  readonly #dispatcher: Dispatcher<N>;
  readonly #consumer: Service;
  #stopped: Promise<void> | undefined;

  constructor(options: NotifierOptions<N>) {
    const { channel, clock, metrics, wireClock = clock, readAhead = READ_AHEAD, graceMs = 1_500 } = options;
    const logger = options.logger.child({ role: channel.name });
    const schedule = new RetrySchedule(channel.name, options.retryDelaysMs ?? RETRY_DELAYS_MS);
    const dispatcher = new Dispatcher({ ...options, wireClock, logger, schedule });
    const retryTopics = RETRY_DELAYS_MS.flatMap((_, i) => retryTopic(channel.name, i + 1) ?? []);
    this.name = channel.name;
    this.#channel = channel;
    this.#dispatcher = dispatcher;
    this.#consumer = options.feed({
      role: channel.name,
      topics: [channel.definition.topic, ...retryTopics],
      begin: (claim) => {
        const work = new PartitionWork({
          ...{ claim, channel, retryTopics, dispatcher, wireClock, metrics, readAhead, graceMs },
        });
        work.begin();
        return work;
      },
    });
  }

  missing(): readonly string[] {
    return this.#consumer.missing();
  }

  /** Resolves when it reads its partitions. */
  start(): Promise<void> {
    return this.#consumer.start();
  }

  /** Gives running sends a short time, commits what is done, leaves the group, and closes the channel. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    try {
      await this.#consumer.stop();
    } finally {
      await this.#dispatcher.stop();
      await this.#channel.close();
    }
  }
}
