// Compiles the benchmarks and runs those that set the embedded broker beside Apache Kafka, see test/bench/kafka/main.ts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, tsc } from './tsc.mjs';

tsc('test/bench/kafka/tsconfig.json');
const main = join(root, '.bench/kafka/test/bench/kafka/main.js');
const { status } = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
