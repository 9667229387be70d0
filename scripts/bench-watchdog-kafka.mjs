// Compiles the benchmark of the watchdog beside Kafka Streams and runs it, see test/bench/streams-watchdog/main.ts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, tsc } from './tsc.mjs';

tsc('test/bench/streams-watchdog/tsconfig.json');
const main = join(root, '.bench/watchdog/test/bench/streams-watchdog/main.js');
const { status } = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
