import { Registry } from 'prom-client';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { createMetrics, type Metrics } from '../../../contracts/metrics.ts';
import type { RecordSink } from '../../../transport/kafka/types.ts';
import type { Publish } from '../../../transport/mqtt/frames.ts';

/** A message as the subscriber hands it over. */
export function message(topic: string, payload: string | Buffer, options: Partial<Publish> = {}): Publish {
  const bytes = Buffer.from(payload);
  return { topic, payload: bytes, payloadBytes: bytes.length, packetId: 1, retained: false, ...options };
}

/** A record that was written, as its reader gets it. */
export function read(record: OutRecord, { partition = 0, offset = 0 } = {}): InRecord {
  const { topic, key, value, timestamp } = record;
  const headers = Object.fromEntries(
    Object.entries(record.headers ?? {}).map(([name, text]) => [name, Buffer.from(text)]),
  );
  return { topic, partition, offset, timestamp, key, value: value === null ? null : Buffer.from(value), headers };
}

export function testMetrics(): Metrics {
  return createMetrics(new Registry());
}

/** Kafka as the bridge sees it, answering when the test wants. */
export class HeldSink implements RecordSink {
  /** What Kafka has acknowledged, in order. */
  readonly written: OutRecord[] = [];
  readonly #waiting: { records: readonly OutRecord[]; resolve: () => void; reject: (error: Error) => void }[] = [];
  #open: boolean;

  constructor({ open }: { open: boolean }) {
    this.#open = open;
  }

  /** Records that wait for an answer. */
  get waiting(): readonly OutRecord[] {
    return this.#waiting.flatMap(({ records }) => records);
  }

  send(records: readonly OutRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      if (this.#open) this.release();
    });
  }

  /** Acknowledges everything, from now on at once. */
  release(): void {
    this.#open = true;
    for (const { records, resolve } of this.#waiting.splice(0)) {
      this.written.push(...records);
      resolve();
    }
  }

  /** Acknowledges the first call alone. */
  releaseOne(): void {
    const first = this.#waiting.shift();
    this.written.push(...(first?.records ?? []));
    first?.resolve();
  }

  fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
