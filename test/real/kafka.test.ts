import { inject } from 'vitest';
import { kafkaConformance } from '../conformance/kafka/suite.ts';

kafkaConformance('Apache Kafka 4.3.1', async () => [inject('kafka')]);
