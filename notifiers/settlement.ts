import type { Clock } from '../contracts/clock.ts';
import { errorTraits } from '../contracts/errors.ts';
import type { InRecord, OutRecord } from '../contracts/kafka-records.ts';
import { deadLetterTopic } from '../contracts/kafka-topics.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Metrics } from '../contracts/metrics.ts';
import type { Attempt } from './attempt.ts';
import type { Channel, Notice } from './channel.ts';
import { deadRecords, retriedRecords, sentRecords, unreadableRecords } from './records.ts';
import type { Parking, RetrySchedule } from './retry-schedule.ts';
import type { Verdict } from './stages/stage.ts';

export interface SettlementOptions<N extends Notice> {
  readonly channel: Channel<N>;
  readonly schedule: RetrySchedule;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What has to be written before a record is finished with, and where its notice waits now, if it does. */
export interface Settled {
  readonly records: readonly OutRecord[];
  readonly parking?: Parking;
}

/** Decides what a verdict means, and tells it in metrics and log. It writes nothing itself. */
export class Settlement<N extends Notice> {
  readonly #options: SettlementOptions<N>;
  #failing = false;

  constructor(options: SettlementOptions<N>) {
    this.#options = options;
  }

  of(attempt: Attempt<N>, verdict: Exclude<Verdict, { outcome: 'stopped' }>): Settled {
    switch (verdict.outcome) {
      case 'repeated':
        // Told again, under the same id: the process may have lost the partition before that was written the first time.
        this.#count('repeated');
        this.#options.logger.debug(fieldsOf(attempt), 'skipped a notification that was sent already');
        return { records: sentRecords(this.#options.channel, attempt, this.#options.clock.now()) };
      case 'sent':
        this.#count('sent');
        this.#tellRecovery();
        this.#options.logger.debug(fieldsOf(attempt), 'sent a notification');
        return { records: sentRecords(this.#options.channel, attempt, this.#options.clock.now()) };
      case 'failed':
        return this.#failed(attempt, verdict);
    }
  }

  /** For a record that no attempt could be read from. */
  unreadable(record: InRecord, error: unknown): Settled {
    const { channel, clock, logger, metrics } = this.#options;
    const { topic, partition, offset } = record;
    metrics.deadLetters.inc({ topic: deadLetterTopic(topic), code: 'RECORD_INVALID' });
    logger.error({ topic, partition, offset }, 'buried a record that is no notification');
    return { records: unreadableRecords(channel, record, error, clock.now()) };
  }

  #failed(attempt: Attempt<N>, failure: Extract<Verdict, { outcome: 'failed' }>): Settled {
    const { channel, schedule, clock, logger, metrics } = this.#options;
    const now = clock.now();
    const expires = channel.perishable ? Date.parse(attempt.event.data.expires) : undefined;
    const { retryable } = errorTraits(failure.code);
    const parking = retryable ? schedule.next(attempt.made + 1, now, expires) : undefined;
    const fields = { ...fieldsOf(attempt), code: failure.code, reason: failure.reason };
    if (parking) {
      this.#count('retried');
      this.#tellFailing(fields);
      logger.debug(fields, 'a send failed and is tried again later');
      return { records: retriedRecords(channel, attempt, failure, parking, now), parking };
    }
    this.#count('dead');
    metrics.deadLetters.inc({ topic: deadLetterTopic(attempt.record.topic), code: failure.code });
    logger.error(fields, 'gave up a notification: it is a dead letter now');
    return { records: deadRecords(channel, attempt, failure, now) };
  }

  #count(outcome: string): void {
    this.#options.metrics.deliveries.inc({ channel: this.#options.channel.name, outcome });
  }

  /** A server that is down fails every send: one line when it begins, one when it is over. */
  #tellFailing(fields: object): void {
    if (!this.#failing) this.#options.logger.warn(fields, 'sends fail, and are tried again');
    this.#failing = true;
  }

  #tellRecovery(): void {
    if (this.#failing) this.#options.logger.info({}, 'sends succeed again');
    this.#failing = false;
  }
}

function fieldsOf<N extends Notice>({ event, made }: Attempt<N>): object {
  return { notification: event.data.id, incident: event.data.incident, attempt: made + 1 };
}
