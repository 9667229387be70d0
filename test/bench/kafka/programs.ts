import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { jars } from '../../real/servers/kafka.ts';

const MOST_OUTPUT = 64 * 1024 * 1024;

/** Runs a class of Apache Kafka's tools, by a machine with all its compilers; answers with what it printed. */
export async function java(main: string, args: readonly string[]): Promise<string> {
  return run('java', ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-Xmx512m', '-cp', jars(), main, ...args]);
}

/** Runs a program to its end; rejects where it cannot be run or fails. */
export async function run(program: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, [...args], { timeout: 120_000, maxBuffer: MOST_OUTPUT })).stdout;
}
