import type { TestProject } from 'vitest/node';
import { realClock } from '../../../app/clock.ts';
import { seededRandom } from '../../../app/random.ts';
import { KafkaBroker } from '../../../brokers/kafka/index.ts';
import { ApacheKafka } from '../../real/servers/kafka.ts';
import { recordingLogger } from '../../support/logger.ts';

/** Addresses, `host:port`, of the brokers, for tests to `inject`. */
declare module 'vitest' {
  interface ProvidedContext {
    embedded: string;
    apache: string;
  }
}

/** Starts one broker of each kind for all clients. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const embedded = new KafkaBroker({ clock: realClock, random: seededRandom('clients'), logger: recordingLogger() });
  const apache = new ApacheKafka();
  const stop = async () => {
    await Promise.all([embedded.stop(), apache.stop()]);
  };
  try {
    await Promise.all([embedded.start(), apache.start()]);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('embedded', embedded.address);
  project.provide('apache', apache.address);
  return stop;
}
