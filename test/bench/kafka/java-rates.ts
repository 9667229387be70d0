import { randomUUID } from 'node:crypto';
import { cpuSeconds } from '../process-usage.ts';
import type { BenchBroker } from './brokers.ts';
import type { Figure } from './figures.ts';
import { clientOf, makeTopic } from './kafkajs-client.ts';
import { java } from './programs.ts';

const TOOLS = 'org.apache.kafka.tools';

/** What kafka-producer-perf-test gets in and kafka-consumer-perf-test out again, and what of it is the broker's CPU. */
export async function javaRates(broker: BenchBroker, recordBytes: number, records: number): Promise<Figure[]> {
  const topic = `java-${randomUUID()}`;
  await makeTopic(clientOf(broker), topic, 4);
  const at = ['--bootstrap-server', broker.address, '--topic', topic, '--num-records', `${records}`];

  const idle = cpuSeconds(broker.pid);
  const sent = await java(`${TOOLS}.ProducerPerformance`, [
    ...at,
    ...['--record-size', `${recordBytes}`, '--throughput', '-1'],
  ]);
  const produced = cpuSeconds(broker.pid);
  const [, sentPerSecond] = /records sent, ([\d.]+) records\/sec .* 99\.9th/.exec(sent) ?? [];
  const read = await java(`${TOOLS}.ConsumerPerformance`, [...at, '--hide-header']);
  const consumed = cpuSeconds(broker.pid);
  // start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms,
  // fetch.MB.sec, fetch.nMsg.sec
  const columns = read.trim().split(/,\s*/);
  if (Number(columns[4]) < records) throw new Error(`kafka-consumer-perf-test read too little: ${read}`);

  const size = recordBytes >= 1_000 ? '1 KB' : `${recordBytes} B`;
  const micros = (seconds: number) => (seconds * 1e6) / records;
  return [
    { what: `Java perf test: produce ${size}`, unit: 'records/s', value: Number(sentPerSecond) },
    { what: `Java perf test: consume ${size}`, unit: 'records/s', value: Number(columns[9]) },
    { what: `… the broker's CPU for each, produced ${size}`, unit: 'µs', value: micros(produced - idle) },
    { what: `… the broker's CPU for each, consumed ${size}`, unit: 'µs', value: micros(consumed - produced) },
  ];
}
