#!/usr/bin/env node
import { runCommandLine } from './cli/program.ts';
import { realClock } from './clock.ts';
import { realRandom } from './random.ts';

// Signals stay here: the first SIGINT or SIGTERM asks for a clean stop, a second one exits at once.
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    stopping.abort();
  });
}

// A reader that goes away (`smokewire up | head`) ends the command, it does not break it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  stopping.abort();
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  clock: realClock,
  random: realRandom,
  stdout: process.stdout,
  stderr: process.stderr,
  stopping: stopping.signal,
});
