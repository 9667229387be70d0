import { afterAll, beforeAll, inject, test } from 'vitest';
import { realClock } from '../../app/clock.ts';
import { seededRandom } from '../../app/random.ts';
import { KafkaBroker } from '../../brokers/kafka/index.ts';
import { replay } from '../conformance/kafka/differential/replay.ts';
import { recordingLogger } from '../support/logger.ts';

const embedded = new KafkaBroker({ clock: realClock, random: seededRandom('replay'), logger: recordingLogger() });
beforeAll(() => embedded.start());
afterAll(() => embedded.stop());

test.each([1, 2, 3])(
  'random requests get the answers that Apache Kafka gives (seed %i)',
  { timeout: 120_000 },
  async (seed) => {
    await replay(embedded.address, inject('kafka'), { seed, numRuns: 20 });
  },
);
