import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ApacheKafka } from '../../real/servers/kafka.ts';

/** A Kafka broker in a process of its own. */
export interface BenchBroker {
  readonly name: 'smokewire' | 'Apache Kafka';
  /** `host:port` */
  readonly address: string;
  readonly pid: number;
  /** From the start of its process until it answers. */
  readonly startMs: number;
  stop(): Promise<void>;
}

export async function embedded(): Promise<BenchBroker> {
  const began = performance.now();
  const child = fork(fileURLToPath(new URL('broker-process.js', import.meta.url)));
  const [address] = z.tuple([z.string()]).parse((await once(child, 'message')).slice(0, 1));
  const startMs = performance.now() - began;
  const stop = async () => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  };
  return { name: 'smokewire', address, pid: child.pid ?? 0, startMs, stop };
}

/** Throws where it is not installed. */
export async function apache(): Promise<BenchBroker> {
  const kafka = new ApacheKafka();
  await kafka.start();
  // Its first start formats the storage, too.
  const startAgain = await kafka.outage();
  const began = performance.now();
  await startAgain();
  const startMs = performance.now() - began;
  return { name: 'Apache Kafka', address: kafka.address, pid: kafka.pid ?? 0, startMs, stop: () => kafka.stop() };
}
