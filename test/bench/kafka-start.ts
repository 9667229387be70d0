import { realClock } from '../../app/clock.ts';
import { seededRandom } from '../../app/random.ts';
import { KafkaBroker } from '../../brokers/kafka/index.ts';
import { recordingLogger } from '../support/logger.ts';

/** Milliseconds until a broker listens: its first start in this process, then the median of `rounds` more. */
export async function benchKafkaStart({ rounds = 20 }: { rounds?: number } = {}) {
  const logger = recordingLogger();
  const random = seededRandom('bench');
  const startMs: number[] = [];
  for (let i = 0; i <= rounds; i++) {
    const broker = new KafkaBroker({ clock: realClock, random, logger });
    const starting = performance.now();
    await broker.start();
    startMs.push(performance.now() - starting);
    await broker.stop();
  }
  const [firstMs = Number.NaN, ...others] = startMs;
  return { firstMs, medianMs: median(others) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
