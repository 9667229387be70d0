import { inject } from 'vitest';
import { streamsSuite } from './streams.ts';
import { clientSuite } from './suite.ts';
import { toolsSuite } from './tools.ts';

const broker = 'the embedded broker';
const address = inject('embedded');

clientSuite(broker, address);
streamsSuite(broker, address);
toolsSuite(broker, address);
