// `npm run bench:watchdog-kafka`: the process `smokewire run watchdog` beside the textbook way in Kafka Streams, on one topic. A minute or two.
import { Kafka, logLevel } from 'kafkajs';
import { realClock } from '../../../app/clock.ts';
import { silentLogger } from '../../../app/logger.ts';
import { MqttBroker } from '../../../brokers/mqtt/index.ts';
import { kafkaClient } from '../../../transport/kafka/client.ts';
import { ensureTopics } from '../../../transport/kafka/topics.ts';
import { embedded } from '../kafka/brokers.ts';
import { HEARTBEAT_MS, Night, SITE } from './night.ts';
import { WatchdogProcess } from './ours.ts';
import { runStreams, type StreamsLine } from './streams.ts';
import { takeover } from './takeover.ts';

const MB = 1024 * 1024;
const DETECTORS = 100_000;
/** So many fall silent before the last rounds; everybody else lives. */
const SILENT = 10;
/** Heartbeats of each that warm the code up; that are measured; of those that come after it. */
const ROUNDS = { warm: 5, measured: 26, silent: 5 } as const;
/** As the site's default: three heartbeats missed, and a second. */
const WINDOW_MS = 3 * HEARTBEAT_MS + 1_000;

const broker = await embedded();
// A watchdog polls passive detectors by it; there are none.
const mqtt = new MqttBroker({ logger: silentLogger, bridgeCredentials: { username: 'bridge', password: '' } });
await mqtt.start();
const servers = { kafka: broker.address, mqtt: mqtt.url, site: SITE };
try {
  const kafka = kafkaClient({
    brokers: [broker.address],
    clientId: 'bench',
    logger: silentLogger,
    wireClock: realClock,
  });
  await ensureTopics(kafka);
  const duration = (ROUNDS.warm + ROUNDS.measured + ROUNDS.silent) * HEARTBEAT_MS;
  const night = new Night(broker.address, DETECTORS, Date.now() - duration);
  await night.announce();
  await night.heartbeats(ROUNDS.warm);
  const warmSignals = night.signals;

  const first = await WatchdogProcess.start(servers);
  await first.caughtUp();
  await first.stop();

  await night.heartbeats(ROUNDS.measured);
  await night.heartbeats(ROUNDS.silent, SILENT);
  const watchdog = await WatchdogProcess.start(servers);
  const [begun, beganAt] = [await watchdog.usage(), performance.now()];
  const done = await watchdog.caughtUp();
  const rssBytes = watchdog.residentBytes;
  await watchdog.stop();
  const signals = done.signals - begun.signals;

  const startedAt = performance.now();
  const successor = await WatchdogProcess.start(servers);
  const stands = await successor.caughtUp();
  await successor.stop();
  const gained = await takeover(servers, night, SILENT);
  const silent = await silentDetectors(broker.address);

  const targets = [warmSignals, night.signals];
  const settings = { windowMs: WINDOW_MS, holdMs: 5_000 };
  const streams = await runStreams(broker.address, { ...settings, targets });
  const [, warm, seen, scanned] = streams;
  const [restored] = await runStreams(broker.address, { ...settings, holdMs: 0, targets: [] });

  const ours = {
    perCore: signals / (done.cpuSeconds - begun.cpuSeconds),
    perSecond: (1_000 * signals) / (done.at - beganAt),
  };
  const theirs = rates(warm, seen);
  process.stdout.write(
    `${DETECTORS.toLocaleString('en')} detectors, a heartbeat in ${HEARTBEAT_MS / 1_000} s, ${night.signals.toLocaleString('en')} signals\n`,
  );
  print('', 'smokewire', 'Kafka Streams', 'has to be');
  row('signals for each second of CPU', ours.perCore, theirs.perCore, { atLeast: 200_000 });
  row('signals a second', ours.perSecond, theirs.perSecond);
  row('memory, MB', rssBytes / MB, (scanned?.rssBytes ?? Number.NaN) / MB);
  row('start of a process until its state is read, ms', successor.readyMs, restored?.ms ?? Number.NaN);
  row('… until it has read back and judges, ms', stands.at - startedAt, Number.NaN, { atMost: 2_000 });
  row('… its CPU until then, ms', 1_000 * stands.cpuSeconds, restored?.cpuMs ?? Number.NaN);
  row('one of two is killed: from the assignment until the other judges, ms', gained.ms, Number.NaN, { atMost: 2_000 });
  row('… its CPU until then, ms', gained.cpuMs, Number.NaN);
  row('longest scan of a partition, ms', 0, scanned?.scanMs ?? Number.NaN);
  row(`of ${SILENT} silent ones, found`, silent.filter((id) => id > DETECTORS - SILENT).length, Number.NaN, {
    atLeast: SILENT,
  });
  row(
    'living ones taken for silent, by whom a backlog is read',
    silent.filter((id) => id <= DETECTORS - SILENT).length,
    (scanned?.silent ?? Number.NaN) - SILENT,
    { atMost: 0 },
  );
} finally {
  await mqtt.stop();
  await broker.stop();
}
process.exit(0);

function rates(from: StreamsLine | undefined, to: StreamsLine | undefined) {
  if (!from || !to) throw new Error('StreamsWatchdog told too little');
  const signals = to.seen - from.seen;
  return { perCore: (1_000 * signals) / (to.cpuMs - from.cpuMs), perSecond: (1_000 * signals) / (to.ms - from.ms) };
}

/** Those of which `detector-states` ever said that they are silent. */
async function silentDetectors(address: string): Promise<number[]> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
  const [admin, consumer] = [kafka.admin(), kafka.consumer({ groupId: 'bench', maxWaitTimeInMs: 100 })];
  await admin.connect();
  const ends = await admin.fetchTopicOffsets('detector-states');
  await admin.disconnect();
  const left = new Map(ends.flatMap(({ partition, high, low }) => (high === low ? [] : [[partition, Number(high)]])));
  const silent = new Set<number>();
  await consumer.connect();
  await consumer.subscribe({ topic: 'detector-states', fromBeginning: true });
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { key, value } of batch.messages) {
          if (Number(key) > 0 && value?.includes('"state":"silent"')) silent.add(Number(key));
        }
        if (Number(batch.lastOffset()) + 1 >= (left.get(batch.partition) ?? 0)) left.delete(batch.partition);
        if (left.size === 0) resolve();
      },
    });
  });
  await consumer.disconnect();
  return [...silent];
}

function row(what: string, ours: number, theirs: number, bound: { atLeast?: number; atMost?: number } = {}): void {
  const { atLeast, atMost } = bound;
  const met = (atLeast === undefined || ours >= atLeast) && (atMost === undefined || ours <= atMost);
  const wanted = atLeast !== undefined ? `≥ ${shown(atLeast)}` : atMost !== undefined ? `≤ ${shown(atMost)}` : '';
  print(what, shown(ours), Number.isNaN(theirs) ? '' : shown(theirs), met ? wanted : `${wanted}  MISSED`);
}

function shown(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}

function print(what: string, ours: string, theirs: string, wanted: string): void {
  process.stdout.write(`${what.padEnd(72)}${ours.padStart(12)}${theirs.padStart(16)}  ${wanted}\n`);
}
