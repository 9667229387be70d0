// Compiles the watchdog's simulation and runs it on all cores; arguments go through, see test/simulation/main.ts.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, tsc } from './tsc.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
});
tsc('tsconfig.simulation.json');
const main = join(root, '.simulation/test/simulation/main.js');
const run = (args) =>
  new Promise((resolve) => spawn(process.execPath, [main, ...args], { stdio: 'inherit' }).on('exit', resolve));

if (values.seed !== undefined) process.exitCode = await run(['--seed', values.seed]);
else {
  const workers = availableParallelism();
  const share = Math.ceil(Number(values.seeds) / workers);
  const codes = await Promise.all(
    Array.from({ length: workers }, (_, i) =>
      run(['--seeds', String(share), '--from', String(Number(values.from) + i * share)]),
    ),
  );
  process.exitCode = Math.max(...codes.map((code) => code ?? 1));
}
