import type { History } from '../history.ts';
import { groupFaults } from './groups.ts';
import { offsetFaults } from './offsets.ts';
import { recordFaults } from './records.ts';
import { transactionFaults } from './transactions.ts';

/** What a history shows that no Kafka may do; it knows nothing of any broker. Empty when all is well. */
export function faultsIn(history: History): string[] {
  return [...recordFaults(history), ...transactionFaults(history), ...groupFaults(history), ...offsetFaults(history)];
}
