import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { jars } from '../../real/servers/kafka.ts';
import { INSTALLED } from './installed.ts';

/** The arguments that run a class of ours, of Apache Kafka's clients or of its tools. */
export function javaArguments(main: string, ...args: readonly string[]): string[] {
  // With the first of its two compilers alone it starts in half the time.
  const machine = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
  return [...machine, '-cp', `${INSTALLED}/java:${jars()}`, main, ...args];
}

/** Runs it to its end; answers with what it printed. Tools may end with 0 and have failed: look at what they say. */
export async function runJava(main: string, args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)('java', javaArguments(main, ...args), { timeout: 50_000 });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
