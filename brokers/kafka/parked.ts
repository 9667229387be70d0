import type { PartitionLog } from './log.ts';
import type { Peer } from './request.ts';
import type { Rounds } from './rounds.ts';

/**
 * Waits with a Fetch that found too little, until `bytes` more can be read in the logs together, one of them was deleted,
 * `maxWaitMs` are over, or the connection is closed. Leaves nothing behind in any of these cases. With `committed`, what
 * belongs to open transactions cannot be read.
 */
export function parked(
  { logs, bytes, committed }: { logs: readonly PartitionLog[]; bytes: number; committed: boolean },
  maxWaitMs: number,
  waits: Rounds,
  peer: Peer,
): Promise<void> {
  return new Promise((resolve) => {
    let missing = bytes;
    const appended = (more: number, stable: number) => {
      missing -= committed ? stable : more;
      if (missing <= 0 || more === 0) end();
    };
    const end = () => {
      forget();
      closing();
      for (const log of logs) log.unwatch(appended);
      resolve();
    };
    for (const log of logs) log.watch(appended);
    const forget = waits.after(maxWaitMs, end);
    const closing = peer.onceClosed(end);
  });
}
