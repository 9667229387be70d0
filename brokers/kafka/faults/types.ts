import type { Clock } from '../../../contracts/clock.ts';
import type { ErrorCode } from '../error-codes.ts';

/** The name of an error of the Kafka protocol, as `NOT_COORDINATOR`. */
export type KafkaErrorName = keyof typeof ErrorCode;

/** What names a request, on both sides of its connection. */
export interface RequestIdentity {
  /** The port from which the client came. */
  readonly connection: number;
  readonly correlationId: number;
  /** The API's name, as `Produce`. */
  readonly api: string;
}

/** A request on its way, as a rule sees it. What it is about is read from its body only when asked for. */
export interface SeenRequest extends RequestIdentity {
  /** The API's number (kafka.apache.org/protocol#protocol_api_keys). */
  readonly key: number;
  readonly version: number;
  readonly clientId: string;
  /** The topics that it names, with their partitions where it names them. */
  readonly topics: ReadonlyMap<string, readonly number[]>;
  /** The consumer groups that it names. FindCoordinator, which only looks for one, names none. */
  readonly groups: ReadonlySet<string>;
  /** The records of a Produce; those of compressed batches, which are not opened, are missing. */
  readonly records: readonly SeenRecord[];
  /** Their keys. */
  readonly recordKeys: readonly (string | null)[];
}

/** A record of a request, as a rule sees it. */
export interface SeenRecord {
  readonly topic: string;
  /** As text. */
  readonly key: string | null;
}

/** Whether a fault comes before the request has had its effect, or between that and the answer. */
export type Moment = 'before' | 'after';

/** What befalls a request. */
export type Fault =
  /** It is answered with this error in every place where its answer has one, and has no effect. */
  | { readonly kind: 'error'; readonly error: KafkaErrorName }
  /** It waits until it is released; so do those that come behind it on its connection. */
  | { readonly kind: 'hold'; readonly when?: Moment }
  /** It waits for `ms`, by the broker's clock or another. */
  | { readonly kind: 'delay'; readonly ms: number; readonly clock?: Clock; readonly when?: Moment }
  /** Its connection is dropped. */
  | { readonly kind: 'drop'; readonly when?: Moment };

/** Looks at a request and says what befalls it; undefined lets it pass. */
export type Rule = (request: SeenRequest) => Fault | undefined;

export interface RuleOptions {
  /** For so many faults; then the rule is removed. Without a bound by default. */
  readonly times?: number;
  /** Asked before each request: the rule is removed as soon as it answers false. */
  readonly while?: () => boolean;
}

/** A rule that was made. */
export interface Interception {
  /** On how many requests it has put a fault. */
  readonly hits: number;
  /** The requests that it holds or delays now, oldest first. */
  readonly held: readonly SeenRequest[];
  /** Lets go of a request that is held or delayed, or of all of them. */
  release(request?: SeenRequest): void;
  /** Ends the rule and releases what it holds. */
  remove(): void;
}

/**
 * Faults on purpose. They stay in force when the broker stops and is started again. Where several rules have a fault for
 * a request, the one made first decides.
 */
export interface KafkaFaults {
  /** Puts the faults that `rule` has on the requests that come from now on. */
  intercept(rule: Rule, options?: RuleOptions): Interception;
  /** From now on the broker takes bytes and answers nothing, as a process that is stopped. Sessions run out meanwhile. */
  pause(): void;
  /** Ends `pause`: what came meanwhile is answered. */
  resume(): void;
  /** Drops every connection, and new ones at once, until `heal`. */
  partition(): void;
  heal(): void;
  /**
   * The coordinator of a group, or of all, moves away and is found here again: whoever waits for the group is answered
   * NOT_COORDINATOR, and so is the next request about it on each connection there is now. Members and offsets stay.
   */
  moveCoordinator(groupId?: string): void;
  /** The members of a group have to join again; they hear of it by their next heartbeat. False without such a group. */
  rebalance(groupId: string): boolean;
  /**
   * Removes every member of a group at once, as an administrator does with LeaveGroup, so that nobody has to wait for the
   * session of one that was killed. Those that live join again. False without such a group.
   */
  expel(groupId: string): boolean;
  /**
   * Every request that arrived and stays unanswered because of a fault: held, delayed, behind such a one on its
   * connection, or at a broker that is paused.
   */
  readonly held: readonly RequestIdentity[];
  /** Calls `watcher` whenever `held` has changed; the answer takes the wish back. */
  watch(watcher: () => void): () => void;
}
