import { afterAll, beforeAll } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import { seededRandom } from '../../../app/random.ts';
import { KafkaBroker } from '../../../brokers/kafka/index.ts';
import { transportConformance } from '../../conformance/transport-suite.ts';
import { recordingLogger } from '../../support/logger.ts';

const broker = new KafkaBroker({ clock: realClock, random: seededRandom('transport'), logger: recordingLogger() });

beforeAll(() => broker.start());
afterAll(() => broker.stop());

transportConformance('the embedded broker', () => ({
  brokers: [broker.address],
  outage: async () => {
    await broker.stop();
    return () => broker.start();
  },
}));
