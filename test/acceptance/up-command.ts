import { onTestFinished } from 'vitest';
import { RunningCommand } from '../support/command.ts';

const FREE_PORTS = ['--port', '0', '--mqtt-port', '0', '--kafka-port', '0', '--smtp-port', '0'];
const BRISK = ['-n', '8', '--heartbeat', '200ms', '--misses', '4', '--grace', '500ms', '--seed', 'cli'];

/** `up --json` on free ports, killed at the end of the test whatever happens. */
export function upCommand(...args: string[]): RunningCommand {
  const command = new RunningCommand(['up', '--json', ...FREE_PORTS, ...BRISK, ...args]);
  onTestFinished(() => command.kill());
  return command;
}
