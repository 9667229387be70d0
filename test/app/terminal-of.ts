import type { Terminal } from '../../app/cli/terminal.ts';
import { realClock } from '../../app/clock.ts';
import { seededRandom } from '../../app/random.ts';

/** A terminal that keeps what is written to it. */
export function terminalOf(options: { isTTY?: boolean; env?: Record<string, string> } = {}) {
  const written = { out: '', err: '' };
  const { isTTY = false, env = {} } = options;
  const terminal: Terminal = {
    env,
    clock: realClock,
    random: seededRandom('terminal'),
    stdout: {
      isTTY,
      write: (text) => {
        written.out += text;
      },
    },
    stderr: {
      isTTY,
      write: (text) => {
        written.err += text;
      },
    },
    stopping: new AbortController().signal,
  };
  return { terminal, written };
}
