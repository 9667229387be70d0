import { ErrorCode } from './error-codes.ts';

/** The one leader there is has led every partition since it was made. */
export const LEADER_EPOCH = 0;

/** What is wrong with the leader's epoch that a client believes in; −1 from one that believes in none (KIP-320). */
export function leaderEpochProblem(believed: number): ErrorCode {
  return believed > LEADER_EPOCH ? ErrorCode.UNKNOWN_LEADER_EPOCH : ErrorCode.NONE;
}
