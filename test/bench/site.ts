import { type Site, type SiteOptions, startSite } from '../../app/index.ts';
import { RunningCommand } from '../support/command.ts';
import { percentile } from './percentile.ts';

/** What a running process costs, from its own /metrics. */
interface Cost {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

const FREE_PORTS = ['--port', '0', '--mqtt-port', '0', '--kafka-port', '0', '--smtp-port', '0'];

/**
 * From `trip` to the valve command at the valve, in milliseconds, each on a floor of its own, with every detector sending a
 * heartbeat a second through the same process.
 */
export async function benchTripToValve(options: { detectors: number; trips: number; warmUp: number } & SiteOptions) {
  const { detectors, trips, warmUp, ...rest } = options;
  // As many floors as fires: detector i is on floor i.
  const site = await startSite({ detectors, floors: warmUp + trips, heartbeat: '1s', seed: 'bench', ...rest });
  try {
    const waiting = new Map<number, (arrivedAt: number) => void>();
    site.parts.valves.onCommand(({ floor }) => waiting.get(floor)?.(performance.now()));
    await settle(site, detectors);
    const fire = async (id: number) => {
      const commanded = new Promise<number>((resolve) => waiting.set(id, resolve));
      const trippedAt = performance.now();
      const tripping = site.detector(id).trip();
      const latency = (await commanded) - trippedAt;
      await tripping;
      // The people are told before the next fire breaks out.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await site.detector(id).clear();
      return latency;
    };
    const first = await fire(1);
    for (let id = 2; id <= warmUp; id++) await fire(id);
    const usage = process.cpuUsage();
    const started = performance.now();
    const latencies: number[] = [];
    for (let id = warmUp + 1; id <= warmUp + trips; id++) latencies.push(await fire(id));
    latencies.sort((a, b) => a - b);
    const { user, system } = process.cpuUsage(usage);
    return {
      first,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      max: latencies.at(-1) ?? Number.NaN,
      cores: (user + system) / 1_000 / (performance.now() - started),
      rssBytes: process.memoryUsage.rss(),
    };
  } finally {
    await site.stop();
  }
}

/** Every detector was heard once: connections, code and buffers are warm. */
async function settle(site: Site, detectors: number): Promise<void> {
  while (site.view().states.ok < detectors) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** From the start of the program to its first signal in Kafka and to `site.ready`, in milliseconds. */
export async function benchStart(): Promise<{ firstSignalMs: number; readyMs: number }> {
  const started = Date.now();
  const site = new RunningCommand(['up', '--json', ...FREE_PORTS]);
  try {
    const ready = await site.event('site.ready');
    const readyMs = Date.now() - started;
    const tail = new RunningCommand(['tail', 'signals', '--from-beginning', '--json', '--url', String(ready.data.api)]);
    try {
      const first = JSON.parse(await tail.line('a signal', (line) => !line.includes('"key":"-')));
      return { firstSignalMs: Date.parse(first.at) - started, readyMs };
    } finally {
      await tail.kill();
    }
  } finally {
    await site.kill();
  }
}

/** What a site costs that nothing happens at, measured over `seconds` after it has settled. */
export async function benchRest(
  args: readonly string[],
  seconds: number,
): Promise<{ cores: number; rssBytes: number }> {
  const site = new RunningCommand(['up', '--json', ...FREE_PORTS, ...args]);
  try {
    const ready = await site.event('site.ready');
    // By then connections stand and the code that runs is compiled.
    await new Promise((resolve) => setTimeout(resolve, 25_000));
    const before = await costOf(String(ready.data.api));
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    const after = await costOf(String(ready.data.api));
    return { cores: (after.cpuSeconds - before.cpuSeconds) / seconds, rssBytes: after.rssBytes };
  } finally {
    await site.kill();
  }
}

async function costOf(api: string): Promise<Cost> {
  const text = await (await fetch(`${api}/metrics`)).text();
  const metric = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  return { cpuSeconds: metric('process_cpu_seconds_total'), rssBytes: metric('process_resident_memory_bytes') };
}
