import { type Clock, rfc3339 } from '../../contracts/clock.ts';
import type { Channel, Notice } from '../channel.ts';
import type { Stage } from './stage.ts';

/** Ends what came too late: "fire" told hours afterwards sends people out of a building that has been safe since. */
export function expired<N extends Notice>({ perishable }: Channel<N>, clock: Clock): Stage<N> {
  return ({ event: { data: notice } }) => {
    const now = clock.now();
    if (!perishable || now <= Date.parse(notice.expires)) return undefined;
    return {
      outcome: 'failed',
      code: 'NOTICE_EXPIRED',
      reason: `of use until ${notice.expires}, and it is ${rfc3339(now)}`,
    };
  };
}
