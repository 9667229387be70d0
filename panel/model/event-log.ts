import type { SiteEvent } from '../../contracts/site-events.ts';

/** An event and the id under which a reader of the stream can resume after it. */
export interface LoggedEvent {
  readonly id: string;
  readonly event: SiteEvent;
}

/** What a reader missed: the events after its last one, and whether some before those are no longer known. */
export interface Missed {
  readonly events: readonly LoggedEvent[];
  readonly lost: boolean;
}

/**
 * What happened at the site lately, oldest first, in a ring of bounded size. An id is the run of this process and a
 * count: a reader that comes back with the id of an earlier run is told that it lost events, and not given wrong ones.
 */
export class EventLog {
  readonly #run: string;
  readonly #capacity: number;
  readonly #ring: LoggedEvent[] = [];
  readonly #causes = new Set<string>();
  readonly #listeners = new Set<(logged: LoggedEvent) => void>();
  #published = 0;

  /** `run` tells this process from its predecessors; it holds no `-`. */
  constructor({ run, capacity = 10_000 }: { run: string; capacity?: number }) {
    this.#run = run;
    this.#capacity = capacity;
  }

  /** The id of the newest event: what a reader that wants nothing old resumes after. */
  get lastId(): string {
    return `${this.#run}-${this.#published}`;
  }

  /** Adds an event, unless one with the same `cause` is remembered: what is told twice upstream happened once. */
  publish(event: SiteEvent, cause?: string): void {
    if (cause !== undefined && !this.#remember(cause)) return;
    this.#published++;
    const logged = { id: this.lastId, event };
    this.#ring.push(logged);
    if (this.#ring.length > this.#capacity) this.#ring.shift();
    for (const listener of this.#listeners) listener(logged);
  }

  /** The newest `count` events. */
  recent(count: number): readonly LoggedEvent[] {
    return count > 0 ? this.#ring.slice(-count) : [];
  }

  /** What came after the event with this id. */
  since(id: string): Missed {
    const [, run, count] = /^([^-]+)-(\d{1,15})$/.exec(id) ?? [];
    const seen = Number(count);
    if (run !== this.#run || seen > this.#published) return { events: [], lost: true };
    const missed = this.#published - seen;
    return { events: this.recent(missed), lost: missed > this.#ring.length };
  }

  /** Calls `listener` for everything published from now on; the answer ends that. */
  onEvent(listener: (logged: LoggedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #remember(cause: string): boolean {
    if (this.#causes.has(cause)) return false;
    this.#causes.add(cause);
    if (this.#causes.size > this.#capacity) this.#causes.delete(oldest(this.#causes));
    return true;
  }
}

function oldest(causes: Set<string>): string {
  for (const cause of causes) return cause;
  return '';
}
