// `npm run bench:kafka [-- NAME…]`: the embedded broker beside Apache Kafka in one run, by the same clients. Some minutes.
import { cpus } from 'node:os';
import { benchKafkaConnections } from '../kafka-connections.ts';
import { benchKafkaStart } from '../kafka-start.ts';
import { apache, type BenchBroker, embedded } from './brokers.ts';
import { compare, printHead, printRow } from './figures.ts';
import { javaRates } from './java-rates.ts';
import { kafkajsRates } from './kafkajs-rates.ts';
import { kcatRates } from './kcat-rates.ts';
import { latency } from './latency.ts';
import { longLog } from './long-log.ts';
import { parkedConsumers } from './parked.ts';

const MB = 1024 * 1024;
/** The first records cost Apache Kafka five times as much as later ones: the code is not compiled yet. */
const WARM_UP_RECORDS = 1_000_000;

type Brokers = readonly BenchBroker[];

const BENCHES: Readonly<Record<string, (brokers: Brokers) => Promise<void>>> = {
  async start([ours, theirs]) {
    const { firstMs, medianMs } = await benchKafkaStart();
    const must = { bound: { atMost: 20 }, unit: 'ms' } as const;
    printRow({ what: 'start in a process that runs: the first', ...must }, firstMs);
    printRow({ what: 'start in a process that runs: median of 20', ...must }, medianMs);
    printRow({ what: 'start of a process until it answers', unit: 'ms' }, ours?.startMs ?? 0, theirs?.startMs);
  },
  async kafkajs(brokers) {
    await compare(brokers, 3, (broker) => kafkajsRates(broker, 100, 200_000));
    await compare(brokers, 3, (broker) => kafkajsRates(broker, 1_000, 60_000));
  },
  async java(brokers) {
    await compare(brokers, 2, (broker) => javaRates(broker, 100, 1_000_000));
    await compare(brokers, 2, (broker) => javaRates(broker, 1_000, 200_000));
  },
  async kcat(brokers) {
    await compare(brokers, 3, (broker) => kcatRates(broker, 500_000));
  },
  async latency(brokers) {
    await compare(brokers, 3, (broker) => latency(broker, 1_500));
  },
  async parked(brokers) {
    await compare(brokers, 1, (broker) => parkedConsumers(broker, 10));
  },
  async log() {
    const parts = 5;
    const { stored, produced, consumed, memoryForEachByte } = await longLog(500 * MB, parts);
    const size = `${Math.round(stored / MB)} MB, 150 records of 100 B a batch`;
    const flat = (costs: readonly number[]) => (costs.at(-1) ?? 0) / (costs[0] ?? 0);
    printRow({ what: `${size}: CPU, first fifth`, unit: 'µs a record' }, produced[0] ?? 0);
    printRow({ what: '… the last fifth beside the first', unit: 'times', bound: { atMost: 1.3 } }, flat(produced));
    printRow({ what: '… read again: the first fifth', unit: 'µs a record' }, consumed[0] ?? 0);
    printRow({ what: '… the last fifth beside the first', unit: 'times', bound: { atMost: 1.3 } }, flat(consumed));
    printRow({ what: '… memory beside what is stored', unit: 'times', bound: { atMost: 1.3 } }, memoryForEachByte);
  },
  async connections() {
    const { bytesPerConnection, cores, askMs } = await benchKafkaConnections(10_000);
    printRow({ what: '10,000 connections: memory of the broker for each', unit: 'KB' }, bytesPerConnection / 1024);
    printRow({ what: "… the broker's CPU", unit: '% of a core', bound: { atMost: 0.5 } }, 100 * cores);
    printRow({ what: '… a request on one of them', unit: 'ms' }, askMs);
  },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(`there is no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
process.stdout.write(`Node ${process.version}, ${cpus().length} cores; medians, the brokers in turn, both warm\n`);
const brokers = [await embedded(), await apache()];
try {
  for (const broker of brokers) await javaRates(broker, 100, WARM_UP_RECORDS);
  printHead();
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (asked.length === 0 || asked.includes(name)) await bench(brokers);
  }
} finally {
  for (const broker of brokers) await broker.stop();
}
process.exit(0);
