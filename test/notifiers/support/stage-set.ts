import { Registry } from 'prom-client';
import type { CloudEvent } from '../../../contracts/cloud-events.ts';
import { parseEvent } from '../../../contracts/cloud-events.ts';
import { type Delivery, deliveryRecorded, type EmailNotice, emailRequested } from '../../../contracts/events.ts';
import { createMetrics } from '../../../contracts/metrics.ts';
import { type Channel, SENT, type SendOutcome } from '../../../notifiers/channel.ts';
import type { GroupWork } from '../../../notifiers/kafka-feed.ts';
import { Notifier, type NotifierOptions } from '../../../notifiers/notifier.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryKafka } from './memory-kafka.ts';
import { ASKED, emailRecord } from './notices.ts';

/** What a scripted channel does with a send: answers, or never does. */
export type Script = (notice: EmailNotice, attempt: number) => SendOutcome | 'hang' | Error;

export const DEFERRED: SendOutcome = { result: 'failed', code: 'EMAIL_DEFERRED', reason: '451 later' };
export const REFUSED: SendOutcome = { result: 'failed', code: 'EMAIL_REFUSED', reason: '550 never' };

/** A channel that keeps what it is asked to send, and does what a script says. */
export class ScriptedChannel implements Channel<EmailNotice> {
  readonly name = 'email';
  readonly definition = emailRequested;
  readonly timeoutMs = 10_000;
  readonly perishable = true;
  readonly concurrency: number;
  /** Each send as it began. */
  readonly begun: EmailNotice[] = [];
  /** Each send that was answered with sent. */
  readonly sent: EmailNotice[] = [];
  closed = false;
  script: Script = () => SENT;
  readonly #attempts = new Map<string, number>();

  constructor(concurrency = 8) {
    this.concurrency = concurrency;
  }

  recipient(notice: EmailNotice): string {
    return notice.to;
  }

  lane(notice: EmailNotice): string {
    return `${notice.incident} ${notice.to}`;
  }

  async send({ data }: CloudEvent<EmailNotice>): Promise<SendOutcome> {
    this.begun.push(data);
    const attempt = (this.#attempts.get(data.id) ?? 0) + 1;
    this.#attempts.set(data.id, attempt);
    const answer = this.script(data, attempt);
    if (answer instanceof Error) throw answer;
    if (answer === 'hang') return new Promise(() => {});
    if (answer.result === 'sent') this.sent.push(data);
    return answer;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** A notifier on Kafka in memory, a channel by script and a clock moved by hand. */
export class StageSet {
  readonly kafka = new MemoryKafka();
  readonly clock = new ManualClock(ASKED);
  readonly logger = recordingLogger();
  readonly metrics = createMetrics(new Registry());
  readonly channel: ScriptedChannel;
  readonly #options: Partial<NotifierOptions<EmailNotice>>;
  notifier: Notifier<EmailNotice>;
  group: GroupWork | undefined;

  constructor({ concurrency = 8, ...options }: Partial<NotifierOptions<EmailNotice>> & { concurrency?: number } = {}) {
    this.channel = new ScriptedChannel(concurrency);
    this.#options = options;
    this.notifier = this.again();
  }

  /** A new process on the same Kafka. */
  again(): Notifier<EmailNotice> {
    const { channel, kafka, clock, logger, metrics } = this;
    const feed = (group: GroupWork) => {
      this.group = group;
      return kafka.feed(group);
    };
    this.notifier = new Notifier({ channel, feed, sink: kafka, clock, logger, metrics, ...this.#options });
    return this.notifier;
  }

  ask(...notices: EmailNotice[]): void {
    for (const notice of notices) this.kafka.append(emailRecord(notice, this.clock.now()));
  }

  deliveries(): Delivery[] {
    return this.kafka.records('deliveries').map((record) => parseEvent(record, [deliveryRecorded]).data);
  }

  /** `title outcome attempt` of each delivery. */
  story(): string[] {
    return this.deliveries().map(({ subject, outcome, attempt }) => `${subject} ${outcome} ${attempt}`);
  }
}

/** Until everything that waits for nothing but its turn has had it. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
