// `npm run bench:watchdog [-- DETECTORS…]`: what the watchdog's judge takes, each number of detectors in a process of its own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { benchJudge } from './watchdog.ts';

const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;

const [size] = process.argv.slice(2);
if (size !== undefined) {
  const { detectors, signalsPerSecond, bytesEach, canaryMs, stormMs } = benchJudge(Number(size));
  const cells = [
    detectors.toLocaleString('en'),
    Math.round(signalsPerSecond / 1_000).toLocaleString('en'),
    Math.round(bytesEach),
    canaryMs.toFixed(1),
    stormMs.toFixed(0),
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
} else {
  process.stdout.write(
    '| detectors | k signals/s | bytes each | slowest canary, ms | all silent at once, ms |\n|---|---|---|---|---|\n',
  );
  for (const each of SIZES) {
    spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), String(each)], { stdio: 'inherit' });
  }
}
