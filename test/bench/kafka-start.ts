import { realClock } from '../../app/clock.ts';
import { seededRandom } from '../../app/random.ts';
import { recordingLogger } from '../support/logger.ts';

/**
 * Milliseconds from nothing to a broker that listens: the first start with its modules loaded on the way, then the
 * median of `rounds` more, each with its stop.
 */
export async function benchKafkaStart({ rounds = 20 }: { rounds?: number } = {}) {
  const logger = recordingLogger();
  const random = seededRandom('bench');
  const begun = performance.now();
  const { KafkaBroker } = await import('../../brokers/kafka/index.ts');
  const loadMs = performance.now() - begun;
  const startMs: number[] = [];
  const stopMs: number[] = [];
  for (let i = 0; i <= rounds; i++) {
    const broker = new KafkaBroker({ clock: realClock, random, logger });
    const starting = performance.now();
    await broker.start();
    const stopping = performance.now();
    await broker.stop();
    startMs.push(stopping - starting);
    stopMs.push(performance.now() - stopping);
  }
  const [firstMs = Number.NaN, ...others] = startMs;
  return { loadMs, firstMs, medianMs: median(others), medianStopMs: median(stopMs) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
