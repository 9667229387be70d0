import type { Clock } from '../../../contracts/clock.ts';
import { ErrorCode } from '../error-codes.ts';
import type { Opened } from '../opened.ts';
import type { BrokerState } from '../request.ts';
import { Interception, type Rule, type RuleOptions } from './interception.ts';
import { type FaultyPeer, type RequestIdentity, SeenRequest } from './seen-request.ts';

/** A connection that can be stopped and started. */
export interface FaultyConnection extends FaultyPeer {
  /** Takes bytes from now on, and answers nothing. */
  pause(): void;
  resume(): void;
  /** The requests that arrived and are not answered because of a fault. */
  held(): RequestIdentity[];
}

/**
 * Faults on purpose. They stay in force when the broker stops and is started again. Where several rules have a fault for
 * a request, the one made first decides.
 */
export class KafkaFaults {
  /** The rules in force; undefined when there are none, so that a broker without faults has but that to look at. */
  interceptions: readonly Interception[] | undefined;
  readonly #broker: BrokerState;
  readonly #fresh: (clock: Clock) => BrokerState;
  readonly #connections = new Set<FaultyConnection>();
  readonly #watchers = new Set<() => void>();
  #paused = false;
  #partitioned = false;

  /** `fresh` makes an empty broker by the same options as `broker`. */
  constructor(broker: BrokerState, fresh: (clock: Clock) => BrokerState) {
    this.#broker = broker;
    this.#fresh = fresh;
  }

  /** Puts the faults that `rule` has on the requests that come from now on. */
  intercept(rule: Rule, options: RuleOptions = {}): Interception {
    const interception = new Interception({
      ...options,
      rule,
      clock: this.#broker.clock,
      changed: () => this.changed(),
      ended: (ended) => {
        const others = this.interceptions?.filter((other) => other !== ended) ?? [];
        this.interceptions = others.length > 0 ? others : undefined;
      },
    });
    this.interceptions = [...(this.interceptions ?? []), interception];
    return interception;
  }

  /** From now on the broker takes bytes and answers nothing, as a process that is stopped. Sessions run out meanwhile. */
  pause(): void {
    this.#paused = true;
    for (const connection of this.#connections) connection.pause();
    this.changed();
  }

  /** Ends `pause`: what came meanwhile is answered. */
  resume(): void {
    this.#paused = false;
    for (const connection of this.#connections) connection.resume();
    this.changed();
  }

  /** Drops every connection, and new ones at once, until `heal`. */
  partition(): void {
    this.#partitioned = true;
    for (const connection of [...this.#connections]) connection.destroy();
  }

  heal(): void {
    this.#partitioned = false;
  }

  /** Whether a new connection is dropped at once. */
  get partitioned(): boolean {
    return this.#partitioned;
  }

  /**
   * The coordinator of a group, or of all, moves away and is found here again: whoever waits for the group is answered
   * NOT_COORDINATOR, and so is the next request about it on each connection there is now. Members and offsets stay.
   */
  moveCoordinator(groupId?: string): void {
    const unaware = new Set<FaultyPeer>(this.#connections);
    this.intercept(
      ({ peer, groups }) => {
        const concerned = groupId === undefined ? groups.size > 0 : groups.has(groupId);
        return concerned && unaware.delete(peer) ? { kind: 'error', error: 'NOT_COORDINATOR' } : undefined;
      },
      { while: () => unaware.size > 0 },
    );
    for (const peer of unaware) peer.onceClosed(() => unaware.delete(peer));
    for (const group of this.#broker.groups.all()) {
      if (groupId === undefined || group.id === groupId) group.turnAway(ErrorCode.NOT_COORDINATOR);
    }
  }

  /** The members of a group have to join again; they hear of it by their next heartbeat. False without such a group. */
  rebalance(groupId: string): boolean {
    const group = this.#broker.groups.get(groupId);
    group?.rebalance();
    return group !== undefined;
  }

  /**
   * Removes every member of a group at once, as an administrator does with LeaveGroup, so that nobody has to wait for the
   * session of one that was killed. Those that live join again. False without such a group.
   */
  expel(groupId: string): boolean {
    const group = this.#broker.groups.get(groupId);
    for (const { id } of [...(group?.members() ?? [])]) group?.leave(id);
    return group !== undefined;
  }

  /**
   * Every request that arrived and stays unanswered because of a fault: held, delayed, behind such a one on its
   * connection, or at a broker that is paused.
   */
  get held(): RequestIdentity[] {
    return [...this.#connections].flatMap((connection) => connection.held());
  }

  /** Calls `watcher` whenever `held` has changed; the answer takes the wish back. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** @internal */
  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** @internal */
  connected(connection: FaultyConnection): void {
    this.#connections.add(connection);
    if (this.#paused) connection.pause();
  }

  /** @internal */
  disconnected(connection: FaultyConnection): void {
    this.#connections.delete(connection);
    if (this.#paused) this.changed();
  }

  /** @internal Handles a request, with the fault that a rule has for it. */
  pass(frame: Buffer, opened: Opened, peer: FaultyPeer): Promise<void> | undefined {
    const { api, request, answer } = opened;
    const handle = () => api.handle(request, answer, this.#broker);
    const seen = new SeenRequest(opened, frame, peer, this.#fresh);
    for (const interception of this.interceptions ?? []) {
      const fault = interception.take(seen);
      if (fault) return interception.befall(fault, seen, handle);
    }
    return handle();
  }
}
