import type { ErrorCode } from '../../contracts/errors.ts';
import type { Attempt } from '../attempt.ts';
import type { Notice } from '../channel.ts';

/** What became of an attempt, and by which name that is known in logs and metrics. */
export type Verdict =
  | { readonly outcome: 'sent' }
  /** Sent before: this record is a repetition. */
  | { readonly outcome: 'repeated' }
  | { readonly outcome: 'failed'; readonly code: ErrorCode; readonly reason: string }
  /** Broken off by a stop; nothing is known, and the record is left for whoever reads it next. */
  | { readonly outcome: 'stopped' };

/** One thing to look at before or in a send; the first stage that has a verdict ends the attempt. */
export type Stage<N extends Notice> = (
  attempt: Attempt<N>,
  signal: AbortSignal,
) => Verdict | undefined | Promise<Verdict | undefined>;

/** The stages as one: the verdict of the first that has one. */
export async function firstVerdict<N extends Notice>(
  stages: readonly Stage<N>[],
  attempt: Attempt<N>,
  signal: AbortSignal,
): Promise<Verdict> {
  for (const stage of stages) {
    if (signal.aborted) return { outcome: 'stopped' };
    const verdict = await stage(attempt, signal);
    if (verdict) return verdict;
  }
  return { outcome: 'failed', code: 'INTERNAL', reason: 'no stage had a verdict' };
}
