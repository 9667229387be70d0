import { rfc3339 } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { type Disablement, disabledUntil, disablementChanged } from '../../contracts/disablements.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';

/** A planned silence; `until` is RFC 3339, `end` the same in ms since the epoch. */
interface Silence {
  readonly site: string;
  readonly until: string;
  readonly end: number;
}

type Ended = Extract<Disablement, { change: 'ended' }>;

/**
 * Whose faults are not told at the moment: planned silences of detectors and floors, as the topic `disablements` has them.
 * Nothing else asks: states are judged as ever, what was told is closed, and no fire comes by here (EN 54-2, clause 9).
 */
export class Disablements {
  /** By `detector/7` or `floor/3`. */
  readonly #silences = new Map<string, Silence>();

  apply(change: Disablement): void {
    const { subject, site } = change;
    const until = disabledUntil(this.#silences.get(subject)?.until ?? null, change);
    if (until === null) this.#silences.delete(subject);
    else this.#silences.set(subject, { site, until, end: Date.parse(until) });
  }

  /**
   * Until when a fault about `subject` on `floor` is not told, ms since the epoch: by its own planned silence or its floor's,
   * whichever ends later. Undefined where it is told at `now`.
   */
  until(subject: string, floor: number | null, now: number): number | undefined {
    const end = Math.max(this.#endOf(subject), floor === null ? 0 : this.#endOf(`floor/${floor}`));
    return end > now ? end : undefined;
  }

  /** When the next end comes, ms since the epoch; undefined where none is awaited. */
  nextEnd(): number | undefined {
    let next: number | undefined;
    for (const { end } of this.#silences.values()) {
      if (next === undefined || end < next) next = end;
    }
    return next;
  }

  /** What has ended by `now`, to be said on the topic. It is forgotten with that. */
  takeEnded(now: number): Ended[] {
    const ended: Ended[] = [];
    for (const [subject, { site, until, end }] of this.#silences) {
      if (end > now) continue;
      this.#silences.delete(subject);
      ended.push({ site, subject, change: 'ended', until, at: rfc3339(now) });
    }
    return ended;
  }

  #endOf(subject: string): number {
    return this.#silences.get(subject)?.end ?? 0;
  }
}

/** That an end has come, for all who show it: the same again where it is said again. */
export function endRecord(data: Ended, now: number): OutRecord {
  const id = idOf('disablement-ended', data.site, data.subject, data.until);
  return eventRecord(disablementChanged, { id, source: 'correlator', time: now, data });
}
