import { readFile } from 'node:fs/promises';
import { SmokewireError } from '../contracts/errors.ts';

/** What the rest of a process may want to open; at the very limit even looking at the memory in use fails. */
const RESERVE = 500;

/**
 * Makes sure that so many detectors can have their connections.
 * @param each file descriptors that one detector takes: 1, or 2 where the broker is in the same process
 * @throws SmokewireError START_FAILED, saying what to do
 */
export async function checkDescriptors(detectors: number, each: number): Promise<void> {
  const needed = detectors * each + RESERVE;
  const limit = await descriptorLimit();
  if (needed <= limit) return;
  throw new SmokewireError(
    'START_FAILED',
    `${detectors} detectors need ${needed} file descriptors and this process may have ${limit}: raise the limit (ulimit -n ${needed}), or simulate at most ${Math.max(0, Math.floor((limit - RESERVE) / each))} (--detectors)`,
  );
}

/** Node raises its soft limit to the hard one at start, so that the first figure counts. Systems without /proc do not say. */
async function descriptorLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}
