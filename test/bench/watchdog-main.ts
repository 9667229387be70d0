// `npm run bench:watchdog [-- DETECTORS]`: what the watchdog's judge takes, each number of detectors in a process of its own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { benchJudge, type JudgeFigures } from './watchdog.ts';

const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;

const [size] = process.argv.slice(2);
if (size !== undefined) {
  process.stdout.write(`${JSON.stringify(benchJudge(Number(size)))}\n`);
} else {
  process.stdout.write(
    '| detectors | k signals/s | ns each | × of 1,000 | bytes of RSS each | restore, ms | first canary, ms | slowest canary, ms | all silent at once, ms |\n|---|---|---|---|---|---|---|---|---|\n',
  );
  let least: number | undefined;
  for (const each of SIZES) {
    // The young generation has its full size from the start, and so is part of what the process takes without any detector.
    const args = ['--expose-gc', '--min-semi-space-size=16', fileURLToPath(import.meta.url), String(each)];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const figures: JudgeFigures = JSON.parse(stdout);
    const nsEach = 1e9 / figures.signalsPerSecond;
    least ??= nsEach;
    const cells = [
      figures.detectors.toLocaleString('en'),
      Math.round(figures.signalsPerSecond / 1_000).toLocaleString('en'),
      nsEach.toFixed(0),
      (nsEach / least).toFixed(1),
      figures.bytesEach.toFixed(0),
      figures.restoreMs.toFixed(0),
      figures.firstCanaryMs.toFixed(0),
      figures.canaryMs.toFixed(0),
      figures.stormMs.toFixed(0),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}
