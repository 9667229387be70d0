import { messageOf, SmokewireError } from '../contracts/errors.ts';
import type { InRecord } from '../contracts/kafka-records.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Service } from '../contracts/service.ts';
import type { ReadModel } from './model/read-model.ts';
import type { RecordSource } from './record-source.ts';

/** Feeds the read model from Kafka. It is ready once it has read what was there when it started. */
export class PanelFeed implements Service {
  readonly name = 'panel';
  readonly #model: ReadModel;
  readonly #source: RecordSource;
  readonly #logger: Logger;
  #caughtUp = false;

  constructor({ model, source, logger }: { model: ReadModel; source: RecordSource; logger: Logger }) {
    this.#model = model;
    this.#source = source;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    await this.#source.start((record, news) => this.#apply(record, news));
    this.#caughtUp = true;
  }

  async stop(): Promise<void> {
    this.#caughtUp = false;
    await this.#source.stop();
  }

  missing(): readonly string[] {
    return this.#caughtUp ? this.#source.missing() : ['the panel reads what happened before it started'];
  }

  /** The panel only looks on: what it cannot read is buried by the processor that had to work on it. */
  #apply(record: InRecord, news: boolean): void {
    try {
      this.#model.apply(record, news);
    } catch (error) {
      if (!(error instanceof SmokewireError)) throw error;
      this.#logger.debug(
        { code: error.code, error: messageOf(error) },
        'the panel skipped a record that it cannot read',
      );
    }
  }
}
