/** `refused`: it certainly had no effect. `unknown`: it was asked for, and the answer never came or said nothing. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

/**
 * When an operation was under way, in ticks of one counter: where one ended before another began, its effect comes first.
 * What is unknown may take effect at any time, so it never ends (`Infinity`).
 */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** A batch, with all attempts to send it. */
export interface Send extends Span {
  readonly outcome: Outcome;
  readonly producer: string;
  /** Within which batches are numbered: producer id and epoch. Null for a producer that is not idempotent. */
  readonly session: string | null;
  readonly transaction: string | null;
  readonly partition: number;
  /** How often it was sent. */
  readonly attempts: number;
  /** One for each record, like no other record's. */
  readonly values: readonly string[];
  /** Of the first record; −1 unless acknowledged. */
  readonly baseOffset: number;
}

/** How a transaction was ended by its producer: `left` to its timeout, or to whoever gets its id next. */
export interface TransactionEnd extends Span {
  readonly transaction: string;
  readonly wanted: 'commit' | 'abort' | 'left';
  readonly outcome: Outcome;
}

/** An offset that a group commits for a partition. */
export interface Commit extends Span {
  readonly outcome: Outcome;
  readonly group: string;
  readonly partition: number;
  readonly offset: number;
  /** Like no other commit's; it travels as the commit's metadata. */
  readonly id: string;
  /** Who commits as a member of a generation. */
  readonly member: { readonly id: string; readonly owner: string; readonly generation: number } | null;
  readonly transaction: string | null;
}

/** What was committed, as somebody saw it. */
export interface Look extends Span {
  readonly group: string;
  readonly partition: number;
  /** The commit's; null where there is none. */
  readonly id: string | null;
  readonly offset: number;
}

/** A generation that a member joined. */
export interface Joined extends Span {
  readonly group: string;
  readonly generation: number;
  readonly member: string;
}

/** The partitions that a member was given in a generation. */
export interface Share extends Joined {
  /** The member, or the instance that stays the same while its members come and go. */
  readonly owner: string;
  readonly partitions: readonly number[];
}

export interface Placed {
  readonly offset: number;
  readonly value: string;
}

/** All that a reader got of offsets `[from, to)`. */
export interface Read extends Span {
  readonly partition: number;
  /** Whether it reads what is committed only. */
  readonly committed: boolean;
  readonly from: number;
  readonly to: number;
  readonly records: readonly Placed[];
}

/** A partition when everything was over: all of it, and what read_committed is shown. */
export interface FinalLog {
  readonly partition: number;
  readonly all: readonly Placed[];
  readonly committed: readonly Placed[];
}

/** What clients did to one topic and its groups, and what they were told. */
export interface History {
  readonly sends: Send[];
  readonly ends: TransactionEnd[];
  readonly commits: Commit[];
  readonly looks: Look[];
  readonly joins: Joined[];
  readonly shares: Share[];
  readonly reads: Read[];
  readonly logs: FinalLog[];
}

export function emptyHistory(): History {
  return { sends: [], ends: [], commits: [], looks: [], joins: [], shares: [], reads: [], logs: [] };
}

/** Writes a history down. */
export class Recorder {
  readonly history = emptyHistory();
  #ticks = 0;

  /** The next moment. */
  tick(): number {
    return ++this.#ticks;
  }

  /** From `begin` to now; without an end where the outcome is unknown. */
  since(begin: number, outcome: Outcome = 'acknowledged'): Span {
    return { begin, end: outcome === 'unknown' ? Number.POSITIVE_INFINITY : this.tick() };
  }
}
