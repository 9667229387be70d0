import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import { jars } from '../../real/servers/kafka.ts';
import { residentBytes } from '../process-usage.ts';

const lineSchema = z.object({
  what: z.enum(['running', 'seen', 'scanned']),
  /** Since the start of its machine. */
  ms: z.number(),
  seen: z.number(),
  cpuMs: z.number(),
  scanMs: z.number(),
  silent: z.number(),
});
export type StreamsLine = z.infer<typeof lineSchema> & { readonly rssBytes: number };

const SOURCE = resolve('test/bench/streams-watchdog/StreamsWatchdog.java');

/** Runs `StreamsWatchdog.java` in an empty folder until it has seen so many signals; answers with what it told. */
export async function runStreams(
  kafka: string,
  { windowMs, holdMs, targets }: { windowMs: number; holdMs: number; targets: readonly number[] },
): Promise<StreamsLine[]> {
  const folder = mkdtempSync(join(tmpdir(), 'smokewire-streams-'));
  try {
    await promisify(execFile)('javac', ['-d', folder, '-cp', jars(), SOURCE]).catch((error: Error) => {
      throw new Error(`cannot compile ${SOURCE}: install a JDK (Debian: default-jdk-headless)\n${error.message}`);
    });
    const settings = [kafka, join(folder, 'state'), windowMs, holdMs, ...targets].map(String);
    const machine = ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', `${folder}:${jars()}`];
    const child = spawn('java', [...machine, 'StreamsWatchdog', ...settings], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: StreamsLine[] = [];
    createInterface(child.stdout).on('line', (line) => {
      lines.push({ ...lineSchema.parse(JSON.parse(line)), rssBytes: residentBytes(child.pid ?? 0) });
    });
    const code = await new Promise((ended) => child.once('close', ended));
    if (code !== 0) throw new Error(`StreamsWatchdog ended with ${code}`);
    return lines;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
