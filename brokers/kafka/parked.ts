import type { Clock } from '../../contracts/clock.ts';
import type { PartitionLog } from './log.ts';
import type { Peer } from './request.ts';

/**
 * Waits with a Fetch that found too little, until `bytes` more can be read in the logs together, one of them was deleted,
 * `maxWaitMs` are over, or the connection is closed. Leaves nothing behind in any of these cases. With `committed`, what
 * belongs to open transactions cannot be read.
 */
export function parked(
  { logs, bytes, committed }: { logs: readonly PartitionLog[]; bytes: number; committed: boolean },
  maxWaitMs: number,
  clock: Clock,
  peer: Peer,
): Promise<void> {
  return new Promise((resolve) => {
    let missing = bytes;
    const appended = (more: number, stable: number) => {
      missing -= committed ? stable : more;
      if (missing <= 0 || more === 0) end();
    };
    const end = () => {
      timer.cancel();
      closing();
      for (const log of logs) log.unwatch(appended);
      resolve();
    };
    for (const log of logs) log.watch(appended);
    const timer = clock.after('kafka fetch wait', maxWaitMs, end);
    const closing = peer.onceClosed(end);
  });
}
