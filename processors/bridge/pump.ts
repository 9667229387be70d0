import type { OutRecord } from '../../contracts/kafka-records.ts';
import type { RecordSink } from '../../transport/kafka/types.ts';

/**
 * Brings records to Kafka in the order in which they came, one batch at a time: the next leaves when the answer to the last
 * is in, and all that came meanwhile goes with it. So nothing lingers when it is quiet, and batches grow under load.
 */
export class Pump {
  readonly #sink: RecordSink;
  readonly #onFailure: (error: unknown) => void;
  #records: OutRecord[] = [];
  #acknowledgements: (() => void)[] = [];
  #running: Promise<void> | undefined;
  #failed = false;

  /** @param onFailure the sink gave up: nothing is sent, nor acknowledged, from then on */
  constructor(sink: RecordSink, onFailure: (error: unknown) => void) {
    this.#sink = sink;
    this.#onFailure = onFailure;
  }

  /** Takes a read's records; `acknowledge` is called once all of them are in Kafka. */
  push(records: readonly OutRecord[], acknowledge: () => void): void {
    for (const record of records) this.#records.push(record);
    this.#acknowledgements.push(acknowledge);
    if (!this.#failed) this.#running ??= this.#run();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#acknowledgements.length > 0) {
        const records = this.#records;
        const acknowledgements = this.#acknowledgements;
        this.#records = [];
        this.#acknowledgements = [];
        await this.#sink.send(records);
        for (const acknowledge of acknowledgements) acknowledge();
      }
    } catch (error) {
      this.#failed = true;
      this.#onFailure(error);
    } finally {
      this.#running = undefined;
    }
  }
}
