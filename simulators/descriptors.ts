import { readFile } from 'node:fs/promises';
import { SmokewireError } from '../contracts/errors.ts';

/** What the rest of a process may want to open; at the very limit even looking at the memory in use fails. */
const RESERVE = 500;

/**
 * Makes sure that so many detectors can have their connections.
 * @param each file descriptors that one detector takes: 1, or 2 where the broker is in the same process
 * @param limit how many the process may have
 * @throws SmokewireError START_FAILED, saying what to do
 */
export function checkDescriptors(detectors: number, each: number, limit: number): void {
  const needed = detectors * each + RESERVE;
  if (needed <= limit) return;
  throw new SmokewireError(
    'START_FAILED',
    `${detectors} detectors need ${needed} file descriptors and this process may have ${limit}: raise the limit (ulimit -n ${needed}), or simulate at most ${Math.max(0, Math.floor((limit - RESERVE) / each))} (--detectors)`,
  );
}

/** How many this process may have. Node raises its soft limit to the hard one by itself; systems without /proc do not say. */
export async function descriptorLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}
