import { afterAll, inject } from 'vitest';
import { realClock } from '../../app/clock.ts';
import { seededRandom } from '../../app/random.ts';
import { KafkaBroker } from '../../brokers/kafka/index.ts';
import { kcatConformance } from '../conformance/kafka/kcat.ts';
import { kafkaConformance } from '../conformance/kafka/suite.ts';
import { recordingLogger } from '../support/logger.ts';

// The embedded broker beside the real one: kcat is not there where only `npm test` runs.
const embedded = new KafkaBroker({ clock: realClock, random: seededRandom('real'), logger: recordingLogger() });
afterAll(() => embedded.stop());

kafkaConformance('Apache Kafka 4.3.1', async () => [inject('kafka')]);
kcatConformance('Apache Kafka 4.3.1', async () => [inject('kafka')]);
kcatConformance('the embedded broker', async () => {
  await embedded.start();
  return [embedded.address];
});
