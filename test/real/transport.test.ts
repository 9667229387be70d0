import { inject } from 'vitest';
import { transportConformance } from '../conformance/transport-suite.ts';

// The cluster is shared by all tests: no outage here.
transportConformance('Apache Kafka 4.3.1', () => ({ brokers: [inject('kafka')] }));
