import { afterAll, beforeAll } from 'vitest';
import { transportConformance } from '../conformance/transport-suite.ts';
import { ApacheKafka } from './servers/kafka.ts';

/** One of its own: it is taken away and comes back, and each test makes its own 156 partitions. */
const kafka = new ApacheKafka();
beforeAll(() => kafka.start());
afterAll(() => kafka.stop());

transportConformance('Apache Kafka 4.3.1', () => ({ brokers: [kafka.address], outage: () => kafka.outage() }));
