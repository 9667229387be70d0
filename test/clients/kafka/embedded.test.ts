import { inject } from 'vitest';
import { clientSuite } from './suite.ts';

clientSuite('the embedded broker', inject('embedded'));
