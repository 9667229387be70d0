import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';

export interface FleetBenchOptions {
  /** A broker on this machine, in another process. */
  readonly mqttUrl: string;
  readonly detectors: number;
  readonly site: string;
  /** Default 1,000. */
  readonly heartbeatMs?: number;
  /** How long the fleet is watched at work, default 10. */
  readonly seconds?: number;
  /** The folder of the built program. */
  readonly dist?: string;
}

/** Of the fleet's process alone. */
export interface FleetBenchResult {
  readonly connectsPerSecond: number;
  /** CPU for one connect with its birth. */
  readonly cpuMicrosecondsPerConnect: number;
  /** Resident memory, with what Node keeps outside the heap for each socket. */
  readonly bytesPerDetector: number;
  readonly heapBytesPerDetector: number;
  /** CPU at work over the heartbeats sent meanwhile. */
  readonly cpuMicrosecondsPerHeartbeat: number;
  /** Share of one core, from 0 to 1. */
  readonly cores: number;
}

const usageSchema = z.object({
  rssBytes: z.number(),
  heapBytes: z.number(),
  cpuSeconds: z.number(),
  at: z.number(),
});
const startedSchema = z.object({ connectMs: z.number(), before: usageSchema, after: usageSchema });

/** Connects a fleet, lets it work for a while, and reads off what each detector costs. */
export async function benchFleet(options: FleetBenchOptions): Promise<FleetBenchResult> {
  const { mqttUrl, detectors, site, heartbeatMs = 1_000, seconds = 10, dist = 'dist' } = options;
  const settings = JSON.stringify({ mqttUrl, detectors, heartbeatMs, site });
  const fleet = fork(join('test', 'bench', 'fleet-process.mjs'), [settings, dist], { execArgv: ['--expose-gc'] });
  try {
    const { connectMs, before, after } = startedSchema.parse(await answer(fleet));
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    fleet.send('usage');
    const later = usageSchema.parse(await answer(fleet));
    const cpuSeconds = later.cpuSeconds - after.cpuSeconds;
    const elapsed = (later.at - after.at) / 1_000;
    return {
      connectsPerSecond: Math.round((detectors / connectMs) * 1_000),
      cpuMicrosecondsPerConnect: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / detectors,
      bytesPerDetector: Math.round((later.rssBytes - before.rssBytes) / detectors),
      heapBytesPerDetector: Math.round((later.heapBytes - before.heapBytes) / detectors),
      cpuMicrosecondsPerHeartbeat: (cpuSeconds * 1e6) / ((elapsed * detectors * 1_000) / heartbeatMs),
      cores: cpuSeconds / elapsed,
    };
  } finally {
    const ended = once(fleet, 'exit');
    if (fleet.connected) fleet.send('quit');
    await ended;
  }
}

async function answer(child: ChildProcess): Promise<unknown> {
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the fleet ended with code ${code}`);
    }),
  ]);
  return message;
}
