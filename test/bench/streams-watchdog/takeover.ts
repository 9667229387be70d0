import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import { eventually } from '../../support/eventually.ts';
import type { Night } from './night.ts';
import { WatchdogProcess } from './ours.ts';

export interface Takeover {
  /** From the moment the survivor has all partitions until it judges them. */
  readonly ms: number;
  /** What the survivor takes of its CPU for that. */
  readonly cpuMs: number;
}

/**
 * Two watchdogs share the partitions, one is killed, and the other takes over. While nobody watches a heartbeat of each detector comes,
 * of the last `silent` of them none.
 */
export async function takeover(
  servers: { readonly kafka: string; readonly mqtt: string; readonly site: string },
  night: Night,
  silent: number,
): Promise<Takeover> {
  const killed = await WatchdogProcess.start(servers);
  const survivor = await WatchdogProcess.start(servers);
  await survivor.joined(PARTITIONS / 2);
  await night.heartbeats(1, silent);
  await Promise.all([killed.caughtUp(), survivor.caughtUp()]);
  await killed.kill();
  await night.heartbeats(1, silent);
  const gainedAt = await survivor.joined(PARTITIONS);
  const before = await survivor.usage();
  await eventually('the survivor to read back', async () => (await survivor.usage()).signals > before.signals, 30_000);
  const done = await survivor.caughtUp();
  await survivor.stop();
  return { ms: done.at - gainedAt, cpuMs: 1_000 * (done.cpuSeconds - before.cpuSeconds) };
}
