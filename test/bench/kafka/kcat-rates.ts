import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchBroker } from './brokers.ts';
import type { Figure } from './figures.ts';
import { clientOf, makeTopic } from './kafkajs-client.ts';
import { run } from './programs.ts';

const RECORD_BYTES = 100;

/** What kcat (librdkafka) gets in, acknowledged by all replicas, and out again; with the start of its process. */
export async function kcatRates(broker: BenchBroker, records: number): Promise<Figure[]> {
  const topic = `kcat-${randomUUID()}`;
  await makeTopic(clientOf(broker), topic, 4);
  const folder = mkdtempSync(join(tmpdir(), 'smokewire-bench-'));
  try {
    const lines = join(folder, 'lines');
    writeFileSync(lines, `${'x'.repeat(RECORD_BYTES)}\n`.repeat(records));
    const at = ['-b', broker.address, '-t', topic];
    const producing = performance.now();
    await run('kcat', [...at, '-P', '-X', 'acks=-1', '-X', 'queue.buffering.max.messages=1000000', '-l', lines]);
    const produced = performance.now();
    const read = await run('kcat', [...at, '-C', '-o', 'beginning', '-e', '-q', '-f', '.']);
    const consumed = performance.now();
    if (read.length !== records) throw new Error(`kcat read ${read.length} records instead of ${records}`);
    return [
      { what: 'kcat: produce 100 B', unit: 'records/s', value: (1_000 * records) / (produced - producing) },
      { what: 'kcat: consume 100 B', unit: 'records/s', value: (1_000 * records) / (consumed - produced) },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
