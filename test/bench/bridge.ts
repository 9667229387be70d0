import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { detectorTopic, MQTT_ROOT } from '../../contracts/mqtt-topics.ts';

export interface BridgeBenchOptions {
  /** A broker that does not drop what it queues, on this machine. */
  readonly mqtt: { readonly url: string; readonly username?: string; readonly password?: string };
  readonly brokers: readonly string[];
  readonly site: string;
  readonly qos?: 0 | 1;
  /** How many signals are measured, after as many to warm up. */
  readonly messages?: number;
  readonly detectors?: number;
  /** The folder of the built program. */
  readonly dist?: string;
  /** Flags for the bridge's Node, such as `--cpu-prof`. */
  readonly nodeFlags?: readonly string[];
}

/** Of the bridge's process alone; the brokers and the publishers are others. */
export interface BridgeBenchResult {
  /** From the first publish to Kafka's acknowledgement of the last signal. */
  readonly signalsPerSecond: number;
  readonly cpuSecondsPer100k: number;
  /** What one core could carry if nothing else ran on it. */
  readonly signalsPerCoreSecond: number;
  readonly rssBytes: number;
}

const usageSchema = z.object({
  received: z.number(),
  inFlight: z.number(),
  cpuSeconds: z.number(),
  rssBytes: z.number(),
});

/** Floods a bridge with heartbeats over MQTT, and reads off how fast, and at what cost, they are in Kafka. */
export async function benchBridge(options: BridgeBenchOptions): Promise<BridgeBenchResult> {
  const { mqtt, brokers, site, qos = 1, messages = 200_000, detectors = 1_000, dist = 'dist' } = options;
  const settings = { name: 'bench', site, root: MQTT_ROOT, mqtt, brokers, topicPrefix: '' };
  const bridge = fork(join('test', 'conformance', 'bridge-process.mjs'), [JSON.stringify(settings), dist], {
    execArgv: [...(options.nodeFlags ?? [])],
  });
  try {
    await answer(bridge);
    const topics = Array.from({ length: detectors }, (_, i) =>
      detectorTopic(MQTT_ROOT, site, 1 + (i % 20), i + 1, 'signal'),
    );
    const flood = { port: Number(new URL(mqtt.url).port), topics, messages, connections: 20, window: 200, qos };
    await carried(bridge, flood);
    const before = await usage(bridge);
    const start = performance.now();
    await carried(bridge, flood);
    const seconds = (performance.now() - start) / 1_000;
    const after = await usage(bridge);
    const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
    return {
      signalsPerSecond: Math.round(messages / seconds),
      cpuSecondsPer100k: (cpuSeconds * 100_000) / messages,
      signalsPerCoreSecond: Math.round(messages / cpuSeconds),
      rssBytes: after.rssBytes,
    };
  } finally {
    const ended = once(bridge, 'exit');
    if (bridge.connected) bridge.send('quit');
    await ended;
  }
}

/** Publishes `messages` signals, and resolves when Kafka has as many more as before. */
async function carried(bridge: ChildProcess, flood: { readonly messages: number }): Promise<void> {
  const goal = (await usage(bridge)).received + flood.messages;
  const flooding = fork(join('test', 'bench', 'bridge-flood.mjs'), [JSON.stringify(flood)]);
  const [code] = await once(flooding, 'exit');
  if (code !== 0) throw new Error(`the publishers ended with code ${code}`);
  for (;;) {
    const { received, inFlight } = await usage(bridge);
    if (received >= goal && inFlight === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function usage(bridge: ChildProcess): Promise<z.infer<typeof usageSchema>> {
  bridge.send('usage');
  return usageSchema.parse(await answer(bridge));
}

async function answer(child: ChildProcess): Promise<unknown> {
  const answered = new AbortController();
  const { signal } = answered;
  const ended = once(child, 'exit', { signal }).then(([code]): never => {
    throw new Error(`the bridge ended with code ${code}`);
  });
  const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
  answered.abort();
  return message;
}
