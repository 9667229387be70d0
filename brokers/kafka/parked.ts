import type { Clock } from '../../contracts/clock.ts';
import type { PartitionLog } from './log.ts';
import type { Peer } from './request.ts';

/**
 * Waits with a Fetch that found too little, until `bytes` more were appended to the logs together, one of them was
 * deleted, `maxWaitMs` are over, or the connection is closed. Leaves nothing behind in any of these cases.
 */
export function parked(
  logs: readonly PartitionLog[],
  bytes: number,
  maxWaitMs: number,
  clock: Clock,
  peer: Peer,
): Promise<void> {
  return new Promise((resolve) => {
    let missing = bytes;
    const appended = (more: number) => {
      missing -= more;
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
