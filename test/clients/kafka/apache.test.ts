import { inject } from 'vitest';
import { clientSuite } from './suite.ts';

clientSuite('Apache Kafka 4.3.1', inject('apache'));
