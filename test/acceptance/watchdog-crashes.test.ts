import { crashSweep } from './watchdog-crashes.ts';

// A sample, of before and after and of all roles; test/real has them all.
await crashSweep('faults are told, once, whoever dies', 23);
