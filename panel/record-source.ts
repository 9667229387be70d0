import type { InRecord } from '../contracts/kafka-records.ts';

/** Where the panel's records come from: every partition of the read model's `topics`, without a consumer group. */
export interface RecordSource {
  /**
   * Hands over each record, those of one partition in their order, and resolves once everything that was there at the
   * start has been handed over. Until then `news` is false: what is read so is what happened before anybody looked.
   */
  start(onRecord: (record: InRecord, news: boolean) => void): Promise<void>;
  stop(): Promise<void>;
  /** What keeps it from reading, as words for `/readyz`; empty when nothing does. */
  missing(): readonly string[];
}
