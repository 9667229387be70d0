import type { DetectorState } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { ToldOddity } from './oddities.ts';

/** A heartbeat, in ms, and the offset of `signals` from which on it counts. */
export interface Judged {
  readonly heartbeatMs: number;
  readonly from: number;
}

/** What was told last about a detector or the pipeline, as `detector-states` keeps it. Times in ms since the epoch. */
export interface Told {
  readonly state: DetectorState['state'];
  readonly since: number;
  readonly incident: string | null;
  readonly episode: number;
  /** By which heartbeat a detector is judged; undefined where nobody announced it. */
  readonly judged?: Judged | undefined;
  /** What else is or was wrong with it. */
  readonly oddities?: readonly ToldOddity[] | undefined;
  /** It is noted, and people are told next. */
  readonly untold?: true | undefined;
  /** When it was heard last before the silence that was found out, null where never; undefined where that is told once more. */
  readonly lastAt?: number | null | undefined;
  /** The last offset of `signals` that it includes. */
  readonly offset: number;
}

/** Whether the record of `signals` at `offset` is included in what was told last, so that it is no news. */
export function isOld(told: Told | undefined, offset: number): boolean {
  return told !== undefined && offset <= told.offset;
}

/** The incident of a detector's silence: the same for whoever tells of it. */
export function silenceIncident(site: string, detector: number, episode: number): string {
  return idOf('incident', 'silence', site, detector, episode);
}
