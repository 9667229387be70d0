import { verdictOf } from './checks/transactions.ts';
import type { History } from './history.ts';

/** Whether something of everything happened: a history without it proves little. */
export function isLively({ sends, ends, commits, looks, shares, reads }: History): boolean {
  const acknowledged = sends.filter(({ outcome }) => outcome === 'acknowledged');
  const verdicts = new Set(ends.map(verdictOf));
  return (
    acknowledged.length > 50 &&
    sends.some(({ attempts }) => attempts > 1) &&
    verdicts.has('committed') &&
    verdicts.has('aborted') &&
    [commits, looks, shares, reads].every((list) => list.length > 5)
  );
}
