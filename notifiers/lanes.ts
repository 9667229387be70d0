import type { Parking } from './retry-schedule.ts';

/** What a lane has to know of a notice. */
export interface LaneJob {
  /** The notification's id. */
  readonly id: string;
  readonly lane: string;
  /** Where its record stands. */
  readonly topic: string;
  readonly partition: number;
  /** Where it waits for its time, if it does. */
  readonly waiting: Parking | undefined;
}

/** What a notice that arrives has to do: go on, wait in memory behind the one before it, or follow it into a retry topic. */
export type Arrival = 'go' | 'wait' | { readonly follow: Parking };

/** A notice in its lane: in memory, or published to a retry topic and not read back yet. */
type Member<J> =
  | { readonly id: string; readonly job: J; readonly parked?: never }
  | { readonly id: string; readonly job?: never; readonly parked: Parking };

/** How long after its time a parked notice is still expected to be read back, in milliseconds: a lag, not a loss. */
const PATIENCE_MS = 60_000;

/**
 * The order of notices that belong together, for each lane and partition: "closed" never overtakes "opened". While the
 * one before it is sent, a notice waits in memory, which takes seconds at most. Once that one waits in a retry topic, the
 * notice follows it there, in the order of the log, instead of holding up its partition's commit for minutes
 * (docs/decisions/0052).
 */
export class Lanes<J extends LaneJob> {
  /** Members in the order in which they are to be sent; the first, where in memory, is being sent or may be. */
  readonly #lanes = new Map<string, Member<J>[]>();

  arrive(job: J, now: number): Arrival {
    const key = keyOf(job);
    const lane = (this.#lanes.get(key) ?? []).filter((one) => !one.parked || one.parked.notBefore + PATIENCE_MS > now);
    this.#lanes.set(key, lane);
    const known = lane.findIndex((one) => one.id === job.id && one.parked?.topic === job.topic);
    const at = known < 0 ? lane.length : known;
    const ahead = lane.slice(0, at);
    const place = ahead.findLast((one) => one.parked)?.parked ?? waitingElsewhere(ahead[0]?.job, job);
    lane[at] = place ? { id: job.id, parked: place } : { id: job.id, job };
    if (place) return { follow: place };
    return at === 0 ? 'go' : 'wait';
  }

  /**
   * The first of its lane is done with, or goes to wait in `parking`. Answers who may go on now, and who has to follow
   * it, to be published after it in this order.
   */
  leave(job: J, parking?: Parking): { readonly next: J | undefined; readonly followers: readonly J[] } {
    const lane = this.#lanes.get(keyOf(job)) ?? [];
    const at = lane.findIndex((one) => one.job === job);
    if (at !== 0) return { next: undefined, followers: [] };
    if (parking) {
      const followers = lane.slice(1).flatMap((one) => one.job ?? []);
      for (const [i, one] of lane.entries()) if (one.job) lane[i] = { id: one.id, parked: parking };
      return { next: undefined, followers };
    }
    lane.shift();
    if (lane.length === 0) this.#lanes.delete(keyOf(job));
    return { next: lane[0]?.job, followers: [] };
  }

  /** A partition is somebody else's now: forgets what waits and what is parked in it, but not what `stays`. */
  forget(partition: number, stays: (job: J) => boolean): void {
    for (const [key, lane] of this.#lanes) {
      if (!key.startsWith(`${partition} `)) continue;
      const left = lane.filter((one) => one.job && stays(one.job));
      if (left.length > 0) this.#lanes.set(key, left);
      else this.#lanes.delete(key);
    }
  }

  /** How many lanes there is something in. */
  get size(): number {
    return this.#lanes.size;
  }
}

function keyOf(job: LaneJob): string {
  return `${job.partition} ${job.lane}`;
}

/** Where the first of the lane waits for its time, if that is another topic than the one that `job` was read from. */
function waitingElsewhere(first: LaneJob | undefined, job: LaneJob): Parking | undefined {
  return first?.waiting && first.waiting.topic !== job.topic ? first.waiting : undefined;
}
