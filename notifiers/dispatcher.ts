import { setMaxListeners } from 'node:events';
import type { Clock, Timer } from '../contracts/clock.ts';
import type { InRecord } from '../contracts/kafka-records.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Metrics } from '../contracts/metrics.ts';
import { type Transit, unwatched } from '../contracts/transit.ts';
import type { RecordSink } from '../transport/kafka/types.ts';
import { type Attempt, readAttempt } from './attempt.ts';
import type { Channel, Notice } from './channel.ts';
import type { Intake } from './intake.ts';
import { type LaneJob, Lanes } from './lanes.ts';
import { followingRecord } from './records.ts';
import type { Parking, RetrySchedule } from './retry-schedule.ts';
import { SendQueue } from './send-queue.ts';
import { Settlement } from './settlement.ts';
import { alreadySent, SentIds } from './stages/already-sent.ts';
import { expired } from './stages/expired.ts';
import { send } from './stages/send.ts';
import { firstVerdict, type Stage } from './stages/stage.ts';
import { type Ticket, Writer } from './writer.ts';

export interface DispatcherOptions<N extends Notice> {
  readonly channel: Channel<N>;
  readonly schedule: RetrySchedule;
  readonly sink: RecordSink;
  readonly clock: Clock;
  /** Times sockets. */
  readonly wireClock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Is told of each send under way, by the notification's id. */
  readonly transit?: Transit;
}

/** A notice in hand. */
interface Job<N extends Notice> extends LaneJob {
  readonly attempt: Attempt<N>;
  readonly intake: Intake;
  waiting: Parking | undefined;
  timer?: Timer;
}

/**
 * The way of a notice: its lane (order), its time (retries), the queue (fire first), the stages, and what is written of it.
 * Its record is finished only once Kafka has acknowledged that.
 */
export class Dispatcher<N extends Notice> {
  readonly #options: DispatcherOptions<N>;
  readonly #sent = new SentIds();
  readonly #stages: readonly Stage<N>[];
  readonly #settlement: Settlement<N>;
  readonly #writer: Writer;
  readonly #lanes = new Lanes<Job<N>>();
  readonly #queue: SendQueue<Job<N>>;
  readonly #waiting = new Set<Job<N>>();
  readonly #sending = new Map<Job<N>, Promise<unknown>>();
  readonly #stopping = new AbortController();

  constructor(options: DispatcherOptions<N>) {
    const { channel, clock } = options;
    this.#options = options;
    // Each send listens to it, and they are as many as the channel has slots.
    setMaxListeners(channel.concurrency, this.#stopping.signal);
    this.#stages = [alreadySent(this.#sent), expired(channel, clock), send(channel, options)];
    this.#settlement = new Settlement(options);
    this.#writer = new Writer(options);
    this.#queue = new SendQueue({
      slots: channel.concurrency,
      isFire: (job) => job.attempt.event.data.kind === 'fire',
      run: (job) => this.#send(job),
    });
  }

  /** Takes over a record that `intake` has in hand. */
  take(record: InRecord, intake: Intake): void {
    const { channel, clock } = this.#options;
    let attempt: Attempt<N>;
    try {
      attempt = readAttempt(channel, record);
    } catch (error) {
      this.#writer.write(this.#settlement.unreadable(record, error).records, [{ record, intake }]);
      return;
    }
    const { topic, partition } = record;
    const notice = attempt.event.data;
    const place = { id: notice.id, lane: channel.lane(notice), topic, partition };
    const job: Job<N> = { ...place, attempt, intake, waiting: undefined };
    const arrival = this.#lanes.arrive(job, clock.now());
    if (arrival === 'go') this.#whenDue(job);
    else if (arrival !== 'wait') this.#follow([job], arrival.follow);
  }

  /** A partition is being given back: drops what has not begun. What is being sent goes on to its end. */
  drop(partition: number): void {
    for (const job of this.#waiting) if (job.partition === partition) this.#endWait(job);
    this.#queue.retain((job) => job.partition !== partition);
    this.#lanes.forget(partition, (job) => this.#sending.has(job));
  }

  /** Resolves when nothing of the partition is being sent or written. */
  async idle(partition: number): Promise<void> {
    for (;;) {
      const sends = [...this.#sending].filter(([job]) => job.partition === partition).map(([, ended]) => ended);
      const writes = this.#writer.of(partition);
      if (sends.length + writes.length === 0) return;
      await Promise.all([...sends, ...writes]);
    }
  }

  /** Breaks off what is still being sent; its records stay uncommitted. What the sink holds is its owner's. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#queue.close();
    for (const job of this.#waiting) this.#endWait(job);
    await Promise.all(this.#sending.values());
  }

  #whenDue(job: Job<N>): void {
    const { channel, clock, schedule } = this.#options;
    const { notBefore } = job.attempt;
    const waitMs = schedule.waitMs(notBefore, clock.now());
    if (waitMs === 0) {
      void this.#inTurn(job);
      return;
    }
    job.waiting = { topic: job.topic, notBefore };
    this.#waiting.add(job);
    job.timer = clock.after(`retry/${channel.name} ${job.id}`, waitMs, () => {
      this.#endWait(job);
      void this.#inTurn(job);
    });
  }

  async #inTurn(job: Job<N>): Promise<void> {
    const { channel, transit = unwatched } = this.#options;
    this.#waiting.add(job);
    await transit.turn(`${channel.name} ${job.id}`);
    if (this.#waiting.delete(job)) this.#queue.push(job);
  }

  #endWait(job: Job<N>): void {
    job.timer?.cancel();
    job.waiting = undefined;
    this.#waiting.delete(job);
  }

  async #send(job: Job<N>): Promise<void> {
    const { channel, transit = unwatched } = this.#options;
    const over = transit.begin(channel.name, job.id);
    const ended = firstVerdict(this.#stages, job.attempt, this.#stopping.signal).finally(over);
    this.#sending.set(job, ended);
    const verdict = await ended;
    this.#sending.delete(job);
    if (verdict.outcome === 'stopped') return;
    if (verdict.outcome === 'sent') this.#sent.add(job.id);
    // A failure in a partition that was given back is not ours to settle: its next owner reads the record, and tries.
    if (verdict.outcome === 'failed' && job.intake.lost) return this.#advance(job);
    const { records, parking } = this.#settlement.of(job.attempt, verdict);
    this.#writer.write(records, [ticketOf(job)]);
    this.#advance(job, parking);
  }

  /** Lets the next of the lane go on, or sends the lane after a notice that waits in `parking` now. */
  #advance(job: Job<N>, parking?: Parking): void {
    const { next, followers } = this.#lanes.leave(job, parking);
    if (parking) this.#follow(followers, parking);
    if (next) this.#whenDue(next);
  }

  #follow(jobs: readonly Job<N>[], parking: Parking): void {
    if (jobs.length === 0) return;
    for (const { id } of jobs) {
      this.#options.logger.debug(
        { notification: id, topic: parking.topic },
        'waits behind an earlier one of its incident',
      );
    }
    const records = jobs.map((job) => followingRecord(job.attempt, parking));
    this.#writer.write(records, jobs.map(ticketOf));
  }
}

function ticketOf<N extends Notice>({ attempt, intake }: Job<N>): Ticket {
  return { record: attempt.record, intake };
}
