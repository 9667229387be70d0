import { crashSweep } from '../acceptance/watchdog-crashes.ts';

await crashSweep('faults are told, once, whoever dies and whenever', 1);
