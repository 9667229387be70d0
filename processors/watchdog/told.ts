import type { DetectorState } from '../../contracts/events.ts';

/** What was told last about a detector or the pipeline, as `detector-states` keeps it. Times in ms since the epoch. */
export interface Told {
  readonly state: DetectorState['state'];
  readonly since: number;
  readonly incident: string | null;
  readonly episode: number;
  /** The last offset of `signals` that it includes. */
  readonly offset: number;
}

/**
 * Whether a record, at its offset and stamped `at`, is included in what was told last, so that it is no news. Both have to be
 * older, because a topic made anew starts at offset 0, and a clock may be put back.
 */
export function isOld(
  told: Told | undefined,
  { offset, at }: { readonly offset: number; readonly at: number },
): boolean {
  return told !== undefined && offset <= told.offset && at <= told.since;
}
