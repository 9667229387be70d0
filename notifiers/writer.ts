import type { Clock } from '../contracts/clock.ts';
import { SmokewireError } from '../contracts/errors.ts';
import type { InRecord, OutRecord } from '../contracts/kafka-records.ts';
import type { Channel as ChannelName } from '../contracts/kafka-topics.ts';
import type { Logger } from '../contracts/logger.ts';
import { burial } from '../transport/kafka/burial.ts';
import type { RecordSink } from '../transport/kafka/types.ts';
import { deliveryLamp } from './delivery-lamp.ts';
import type { Intake } from './intake.ts';

/** A record in hand, to be finished with. */
export interface Ticket {
  readonly record: InRecord;
  readonly intake: Intake;
}

export interface WriterOptions {
  readonly channel: { readonly name: ChannelName };
  readonly sink: RecordSink;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Writes what became of records, and finishes them once Kafka has acknowledged that: this order is what loses nothing. */
export class Writer {
  readonly #options: WriterOptions;
  /** What is being written, and for which partition. */
  readonly #writing = new Map<Promise<void>, number>();

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** All `tickets` are of one partition. */
  write(records: readonly OutRecord[], tickets: readonly Ticket[]): void {
    const [first] = tickets;
    if (!first) return;
    const writing = this.#write(records, tickets).finally(() => this.#writing.delete(writing));
    this.#writing.set(writing, first.record.partition);
  }

  /** What is being written for a partition. */
  of(partition: number): readonly Promise<void>[] {
    return [...this.#writing].filter(([, of]) => of === partition).map(([writing]) => writing);
  }

  async #write(records: readonly OutRecord[], tickets: readonly Ticket[]): Promise<void> {
    const settled = (await this.#send(records)) || (await this.#send(this.#letters(tickets)));
    // Where the sink was stopped, the records stay uncommitted, and are repeated.
    if (settled === 'stopped') return;
    for (const { record, intake } of tickets) intake.finish(record);
  }

  /** Undefined where Kafka will never take one of the records, as one that is too large. */
  async #send(records: readonly OutRecord[]): Promise<'written' | 'stopped' | undefined> {
    if (records.length === 0) return 'written';
    const { sink, logger } = this.#options;
    try {
      await sink.send(records);
      return 'written';
    } catch (error) {
      const code = error instanceof SmokewireError ? error.code : 'INTERNAL';
      if (code === 'STOPPED') return 'stopped';
      logger.error({ code, topics: records.map(({ topic }) => topic) }, 'Kafka refuses a record');
      return undefined;
    }
  }

  /** The tickets' records as dead letters with a lamp, cut where they are too large to travel with what is added to them. */
  #letters(tickets: readonly Ticket[]): OutRecord[] {
    const { channel, clock } = this.#options;
    const now = clock.now();
    const error = new SmokewireError('PAYLOAD_TOO_LARGE', 'Kafka refused what was to be written of this record');
    return tickets.flatMap(({ record }) => [
      ...[burial(record, error, now).letter ?? []].flat(),
      ...deliveryLamp(channel.name, record, { code: error.code }, now),
    ]);
  }
}
