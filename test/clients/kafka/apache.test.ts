import { inject } from 'vitest';
import { streamsSuite } from './streams.ts';
import { clientSuite } from './suite.ts';
import { toolsSuite } from './tools.ts';

const broker = 'Apache Kafka 4.3.1';
const address = inject('apache');

clientSuite(broker, address);
streamsSuite(broker, address);
toolsSuite(broker, address);
