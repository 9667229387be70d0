// A bridge as a process of its own, from the built program: what the kill suite kills, and what the bench measures.
// Arguments: its options as JSON, and the folder of the built program. It speaks to its parent over IPC: says `ready`,
// answers `usage` and `quit`.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [options, dist] = process.argv.slice(2);
const { name, site, root, mqtt, brokers, topicPrefix, maxInFlight } = JSON.parse(options ?? '{}');
const load = (path) => import(pathToFileURL(join(resolve(dist ?? 'dist'), path)).href);

const { Registry } = await import('prom-client');
const { realClock } = await load('app/clock.js');
const { createMetrics } = await load('contracts/metrics.js');
const { kafkaClient } = await load('transport/kafka/client.js');
const { Producer } = await load('transport/kafka/producer.js');
const { Bridge } = await load('processors/bridge/bridge.js');

const say = (level) => (fields, message) => process.stderr.write(`${JSON.stringify({ level, message, ...fields })}\n`);
const logger = { debug() {}, info: say('info'), warn: say('warn'), error: say('error'), child: () => logger };
const metrics = createMetrics(new Registry());
const client = kafkaClient({ brokers, clientId: `bridge-${name}`, topicPrefix, logger, wireClock: realClock });
const sink = new Producer({ client, role: 'bridge', metrics });
const bridge = new Bridge({
  ...{ name, site, root, mqtt, kafka: client, sink, metrics, logger, maxInFlight },
  clock: realClock,
  wireClock: realClock,
});
process.on('message', async (message) => {
  if (message === 'usage') {
    const received = (await metrics.bridgeReceived.get()).values.reduce((sum, { value }) => sum + value, 0);
    const inFlight = (await metrics.bridgeInFlight.get()).values[0]?.value ?? 0;
    const { user, system } = process.cpuUsage();
    process.send({ received, inFlight, cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() });
  } else if (message === 'quit') {
    await bridge.stop();
    await sink.stop();
    process.disconnect();
  }
});
try {
  await sink.start();
  await bridge.start();
  process.send('ready');
} catch (error) {
  if (error.code !== 'STOPPED') throw error;
}
