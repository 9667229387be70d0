// Compiles the watchdog's benchmark and runs it; arguments go through, see test/bench/watchdog-main.ts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, tsc } from './tsc.mjs';

tsc('tsconfig.simulation.json');
const main = join(root, '.simulation/test/bench/watchdog-main.js');
const { status } = spawnSync(process.execPath, ['--expose-gc', main, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
