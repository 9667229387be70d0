// A fleet in a process of its own, so that its memory and CPU are its alone. Run with --expose-gc.
// Arguments: JSON { mqttUrl, detectors, heartbeatMs, site }, the folder of the built program. Messages to it: `usage`, `quit`.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Registry } from 'prom-client';

const { mqttUrl, detectors, heartbeatMs, site } = JSON.parse(process.argv[2]);
const load = (path) => import(pathToFileURL(join(resolve(process.argv[3]), path)).href);
const [{ Fleet }, { realClock }, { seededRandom }, { createMetrics }] = await Promise.all([
  load('simulators/fleet.js'),
  load('app/clock.js'),
  load('app/random.js'),
  load('contracts/metrics.js'),
]);
const note = (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
const logger = { debug() {}, info: note, warn: note, error: note, child: () => logger };

function usage() {
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { rssBytes: rss, heapBytes: heapUsed, cpuSeconds: (user + system) / 1e6, at: performance.now() };
}

const before = usage();
const fleet = new Fleet({
  detectors,
  floors: 20,
  heartbeatMs: [heartbeatMs],
  passive: 0,
  site,
  root: 'fire/v1',
  mqttUrl,
  clock: realClock,
  wireClock: realClock,
  random: seededRandom('bench'),
  logger,
  metrics: createMetrics(new Registry()),
});
const began = performance.now();
await fleet.start();
const connectMs = performance.now() - began;
process.on('message', async (message) => {
  if (message === 'usage') process.send(usage());
  if (message === 'quit') {
    await fleet.stop();
    process.disconnect();
  }
});
process.send({ connectMs, before, after: usage() });
