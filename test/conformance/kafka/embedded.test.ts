import { afterAll } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import { seededRandom } from '../../../app/random.ts';
import { KafkaBroker } from '../../../brokers/kafka/index.ts';
import { recordingLogger } from '../../support/logger.ts';
import { kafkaConformance } from './suite.ts';

const broker = new KafkaBroker({ clock: realClock, random: seededRandom('conformance'), logger: recordingLogger() });
afterAll(() => broker.stop());

kafkaConformance('the embedded broker', async () => {
  await broker.start();
  return [broker.address];
});
