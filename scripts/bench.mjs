// Compiles the benchmarks beside the built program and runs them; arguments go through, see test/bench/main.ts.
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { root, tsc } from './tsc.mjs';

tsc('tsconfig.bench.json');
cpSync(join(root, 'dist/panel/page'), join(root, '.bench/panel/page'), { recursive: true });
const main = join(root, '.bench/test/bench/main.js');
const { status } = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
