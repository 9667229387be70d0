// `npm run bench [-- NAME… [--real]]`: prints the figures of docs/benchmarks.md. With --real the bridge and the fire run on Apache
// Kafka and mosquitto (see test/real), otherwise on embedded brokers in another process.
import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { realClock } from '../../app/clock.ts';
import { kafkaClient } from '../../transport/kafka/client.ts';
import { ensureTopics } from '../../transport/kafka/topics.ts';
import { RunningCommand } from '../support/command.ts';
import { recordingLogger } from '../support/logger.ts';
import { benchBridge } from './bridge.ts';
import { benchFleet } from './fleet.ts';
import { benchKafkaConnections } from './kafka-connections.ts';
import { benchKafkaData } from './kafka-data.ts';
import { benchKafkaStart } from './kafka-start.ts';
import { benchKit, benchVirtualTime } from './kit.ts';
import { benchRest, benchStart, benchTripToValve } from './site.ts';

const MB = 1024 * 1024;

/** What the benches run on, each in processes of their own. */
interface Servers {
  readonly mqtt: { readonly url: string; readonly username: string; readonly password: string };
  readonly brokers: readonly string[];
  stop(): Promise<void>;
}

async function embeddedServers(): Promise<Servers> {
  const bridge = { username: 'bridge', password: randomUUID() };
  // A site with nothing to do: its brokers are what is wanted.
  const free = ['--port', '0', '--mqtt-port', '0', '--kafka-port', '0', '--smtp-port', '0'];
  const site = new RunningCommand(['up', '--json', '-n', '0', '--site', 'idle', '--topic-prefix', 'idle.', ...free], {
    MQTT_USERNAME: bridge.username,
    MQTT_PASSWORD: bridge.password,
  });
  const { data } = await site.event('site.ready');
  return {
    mqtt: { url: String(data.mqtt), ...bridge },
    brokers: data.kafka,
    stop: () => site.kill(),
  };
}

async function realServers(): Promise<Servers> {
  const [{ ApacheKafka }, { Mosquitto }] = await Promise.all([
    import('../real/servers/kafka.ts'),
    import('../real/servers/mosquitto.ts'),
  ]);
  const [kafka, mosquitto] = [new ApacheKafka(), new Mosquitto()];
  await Promise.all([kafka.start(), mosquitto.start()]);
  return {
    mqtt: { url: mosquitto.url, ...mosquitto.bridge },
    brokers: [kafka.address],
    stop: async () => void (await Promise.all([kafka.stop(), mosquitto.stop()])),
  };
}

/** The bridge finds its topics made, as it does in a site. */
async function makeTopics(brokers: readonly string[]): Promise<void> {
  const logger = recordingLogger();
  await ensureTopics(kafkaClient({ brokers, clientId: 'bench', logger, wireClock: realClock }));
}

/** A figure, what it has to be, and whether it is. */
function print(what: string, value: number, unit: string, bound?: { atMost?: number; atLeast?: number }): void {
  const { atMost, atLeast } = bound ?? {};
  const met = (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
  const wanted = atMost !== undefined ? `≤ ${atMost}` : atLeast !== undefined ? `≥ ${atLeast}` : '';
  const shown = value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  const verdict = bound ? `${met ? 'met   ' : 'MISSED'} ${wanted} ${unit}` : '';
  process.stdout.write(`  ${what.padEnd(52)} ${String(shown).padStart(8)} ${unit.padEnd(14)} ${verdict}\n`);
}

const BENCHES: Readonly<Record<string, (servers: () => Promise<Servers>, real: boolean) => Promise<void>>> = {
  async kafka() {
    const { firstMs, medianMs } = await benchKafkaStart();
    print('embedded Kafka broker: first start', firstMs, 'ms', { atMost: 20 });
    print('embedded Kafka broker: start, median of 20', medianMs, 'ms', { atMost: 20 });
  },
  async 'kafka-data'() {
    const result = await benchKafkaData(1024 * MB);
    print('Kafka data of 1 GB: start, median of 5', result.startMs, 'ms', { atMost: 1_000 });
    print('Kafka data of 1 GB: start, slowest', result.slowestStartMs, 'ms', { atMost: 1_000 });
    print('… the oldest records, read after it', result.oldestReadMs, 'ms');
    print('records of 1 KB written to it', result.recordsPerSecond, '/s');
    print('… beside memory', 100 * result.shareOfMemorySpeed, '%');
    print('… memory of the process, client included', result.rssBytes / MB, 'MB');
  },
  async 'kafka-connections'() {
    const result = await benchKafkaConnections(10_000);
    print('10,000 idle Kafka connections: memory for each', result.bytesPerConnection / 1024, 'KB');
    print('… CPU of the broker', 100 * result.cores, '% of a core');
    print('… a request on one of them', result.askMs, 'ms');
    print('… connects, each with a request', result.perSecond, '/s');
  },
  async start() {
    const runs: Awaited<ReturnType<typeof benchStart>>[] = [];
    for (let i = 0; i < 5; i++) runs.push(await benchStart());
    const median = (values: number[]) => values.sort((a, b) => a - b)[2] ?? Number.NaN;
    print('up → first signal in Kafka, median of 5', median(runs.map((run) => run.firstSignalMs)), 'ms', {
      atMost: 1_500,
    });
    print('up → site.ready, median of 5', median(runs.map((run) => run.readyMs)), 'ms');
  },
  async rest() {
    const rest = await benchRest([], 20);
    print('default site at rest: CPU', 100 * rest.cores, '% of a core', { atMost: 5 });
    print('default site at rest: memory', rest.rssBytes / MB, 'MB', { atMost: 150 });
    const thousand = await benchRest(['-n', '1000', '--floors', '50'], 20);
    print('1,000 detectors at 1 signal/s: CPU', 100 * thousand.cores, '% of a core');
    print('1,000 detectors at 1 signal/s: memory', thousand.rssBytes / MB, 'MB', { atMost: 300 });
  },
  async fire(servers, real) {
    const { mqtt, brokers } = await servers();
    const given = real
      ? { mqtt: mqtt.url, mqttUsername: mqtt.username, mqttPassword: mqtt.password, kafka: brokers, site: randomUUID() }
      : {};
    const prefix = real ? { topicPrefix: `${randomUUID()}.` } : {};
    const fire = await benchTripToValve({ detectors: 1_000, trips: 300, warmUp: 100, ...given, ...prefix });
    print('trip → valve command at the valve: the very first fire', fire.first, 'ms');
    print('trip → valve command at the valve: p50', fire.p50, 'ms', { atMost: 3 });
    print('trip → valve command at the valve: p99', fire.p99, 'ms', { atMost: 8 });
    print('trip → valve command at the valve: slowest of 300', fire.max, 'ms');
    print('… meanwhile: CPU', 100 * fire.cores, '% of a core');
    print('… meanwhile: memory', fire.rssBytes / MB, 'MB');
  },
  async bridge(servers) {
    const { mqtt, brokers } = await servers();
    await makeTopics(brokers);
    for (const qos of [1, 0] as const) {
      const result = await benchBridge({ mqtt, brokers, site: `bench-${randomUUID()}`, qos, messages: 100_000 });
      const bound = qos === 1 ? { atLeast: 30_000 } : undefined;
      print(`bridge, QoS ${qos}: signals for each second of CPU`, result.signalsPerCoreSecond, '/s a core', bound);
      print(`bridge, QoS ${qos}: signals a second, flooded`, result.signalsPerSecond, '/s');
      print(`bridge, QoS ${qos}: memory`, result.rssBytes / MB, 'MB');
    }
  },
  async fleet(servers) {
    const { mqtt } = await servers();
    for (const detectors of [500, 1_000, 2_000]) {
      const result = await benchFleet({ mqttUrl: mqtt.url, detectors, site: `bench-${randomUUID()}`, seconds: 5 });
      print(`fleet of ${detectors}: memory for each detector`, result.bytesPerDetector / 1024, 'KB');
      print(`fleet of ${detectors}: CPU for each heartbeat`, result.cpuMicrosecondsPerHeartbeat, 'µs');
      print(`fleet of ${detectors}: connects`, result.connectsPerSecond, '/s');
    }
  },
  async kit() {
    const { startMs, killToAssertionMs, stopMs } = await benchKit(21);
    print('virtual site: startSite(), median of 21', startMs, 'ms', { atMost: 300 });
    print('virtual site: kill → e-mail, SMS, lamp, median of 21', killToAssertionMs, 'ms', { atMost: 100 });
    print('virtual site: stop(), median of 21', stopMs, 'ms', { atMost: 100 });
    for (const [detectors, hours] of [
      [20, 1],
      [20, 4],
      [100, 1],
      [1_000, 0.25],
    ] as const) {
      const { seconds, rssBytes } = await benchVirtualTime({ detectors, seconds: hours * 3_600 });
      const bound = detectors === 20 && hours === 1 ? { atMost: 20 } : undefined;
      print(`virtual time: ${hours} h with ${detectors} detectors`, seconds, 's', bound);
      print('… for each signal', (1e6 * seconds) / (hours * 3_600 * detectors), 'µs');
      print('… memory of the process', rssBytes / MB, 'MB');
    }
  },
};

const real = process.argv.includes('--real');
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(`there is no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
let started: Promise<Servers> | undefined;
const servers = () => {
  started ??= real ? realServers() : embeddedServers();
  return started;
};
process.stdout.write(
  `smokewire on Node ${process.version}, ${cpus().length} cores, ${real ? 'real' : 'embedded'} brokers\n`,
);
try {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (asked.length === 0 || asked.includes(name)) await bench(servers, real);
  }
} finally {
  await (await started)?.stop();
}
