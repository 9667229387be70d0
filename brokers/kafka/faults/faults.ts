import type { Clock } from '../../../contracts/clock.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { type Opened, open } from '../opened.ts';
import type { BrokerState } from '../request.ts';
import { ActiveRule } from './active-rule.ts';
import { type FaultyPeer, ObservedRequest } from './observed-request.ts';
import type { Interception, KafkaErrorName, KafkaFaults, RequestIdentity, Rule, RuleOptions } from './types.ts';

/** The rules in force, and the connections that they and the other faults work on. */
export class Faults implements KafkaFaults {
  /** The rules in force; undefined when there are none, so that a broker without faults has but that to look at. */
  rules: readonly ActiveRule[] | undefined;
  readonly #broker: BrokerState;
  readonly #fresh: (clock: Clock) => BrokerState;
  readonly #connections = new Set<FaultyPeer>();
  readonly #watchers = new Set<() => void>();
  #paused = false;
  #partitioned = false;

  /** `fresh` makes an empty broker by the same options as `broker`, and with its topics. */
  constructor(broker: BrokerState, fresh: (clock: Clock) => BrokerState) {
    this.#broker = broker;
    this.#fresh = fresh;
  }

  intercept(rule: Rule, options: RuleOptions = {}): Interception {
    const made = new ActiveRule({
      ...options,
      rule,
      clock: this.#broker.clock,
      changed: () => this.changed(),
      ended: (ended) => {
        const others = this.rules?.filter((other) => other !== ended) ?? [];
        this.rules = others.length > 0 ? others : undefined;
      },
    });
    this.rules = [...(this.rules ?? []), made];
    return made;
  }

  pause(): void {
    this.#paused = true;
    for (const connection of this.#connections) connection.pause();
    this.changed();
  }

  resume(): void {
    this.#paused = false;
    for (const connection of this.#connections) connection.resume();
    this.changed();
  }

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

  moveCoordinator(groupId?: string): void {
    const unaware = new Set<number>();
    for (const peer of this.#connections) {
      unaware.add(peer.remotePort);
      peer.onceClosed(() => unaware.delete(peer.remotePort));
    }
    this.intercept(
      ({ connection, groups }) => {
        const concerned = groupId === undefined ? groups.size > 0 : groups.has(groupId);
        return concerned && unaware.delete(connection) ? { kind: 'error', error: 'NOT_COORDINATOR' } : undefined;
      },
      { while: () => unaware.size > 0 },
    );
    for (const group of this.#broker.groups.all()) {
      if (groupId === undefined || group.id === groupId) group.turnAway(ErrorCode.NOT_COORDINATOR);
    }
  }

  rebalance(groupId: string): boolean {
    const group = this.#broker.groups.get(groupId);
    group?.rebalance();
    return group !== undefined;
  }

  expel(groupId: string): boolean {
    const group = this.#broker.groups.get(groupId);
    for (const { id } of [...(group?.members() ?? [])]) group?.leave(id, null);
    return group !== undefined;
  }

  get held(): RequestIdentity[] {
    return [...this.#connections].flatMap((connection) => connection.held());
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  connected(connection: FaultyPeer): void {
    this.#connections.add(connection);
    if (this.#paused) connection.pause();
  }

  disconnected(connection: FaultyPeer): void {
    this.#connections.delete(connection);
    if (this.#paused) this.changed();
  }

  /** An answer to a request that could not be done, with the error in each of its places. */
  async refusal(frame: Buffer, peer: FaultyPeer, error: KafkaErrorName): Promise<Writer> {
    const opened = open(frame, peer);
    await new ObservedRequest(opened, frame, peer, this.#fresh).fail(error);
    return opened.answer;
  }

  /** Handles a request, with the fault that a rule has for it. */
  pass(frame: Buffer, opened: Opened, peer: FaultyPeer): Promise<void> | undefined {
    const { api, request, answer } = opened;
    const handle = () => api.handle(request, answer, this.#broker);
    const seen = new ObservedRequest(opened, frame, peer, this.#fresh);
    for (const rule of this.rules ?? []) {
      const fault = rule.take(seen);
      if (fault) return rule.befall(fault, seen, handle);
    }
    return handle();
  }
}
