import { ODDITIES, type Oddity } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';

/** What was told last of one thing that may be wrong with a detector; `episode` counts how often it was. */
export interface ToldOddity {
  readonly cause: Oddity;
  readonly episode: number;
  readonly open: boolean;
}

/** What there is to tell, and what is told then of everything that ever was wrong. */
export interface OddityNews {
  readonly opened: readonly ToldOddity[];
  readonly closed: readonly ToldOddity[];
  readonly told: readonly ToldOddity[];
}

/** What is to be told where `now` is wrong with a detector. */
export function oddityNews(before: readonly ToldOddity[], now: readonly Oddity[]): OddityNews {
  const opened: ToldOddity[] = [];
  const closed: ToldOddity[] = [];
  const told: ToldOddity[] = [];
  for (const cause of ODDITIES) {
    const known = before.find((each) => each.cause === cause) ?? { cause, episode: 0, open: false };
    const open = now.includes(cause);
    const next = open && !known.open ? { cause, episode: known.episode + 1, open } : { ...known, open };
    if (open && !known.open) opened.push(next);
    if (!open && known.open) closed.push(next);
    if (next.episode > 0) told.push(next);
  }
  return { opened, closed, told };
}

/** The incident of something wrong with a detector: the same for whoever tells of it. */
export function oddityIncident(site: string, detector: number, { cause, episode }: ToldOddity): string {
  return idOf('incident', cause, site, detector, episode);
}
