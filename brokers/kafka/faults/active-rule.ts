import type { Clock } from '../../../contracts/clock.ts';
import type { ObservedRequest } from './observed-request.ts';
import type { Fault, Interception, Rule, RuleOptions, SeenRequest } from './types.ts';

interface ActiveRuleOptions extends RuleOptions {
  readonly rule: Rule;
  readonly clock: Clock;
  /** What is held has become more or less. */
  readonly changed: () => void;
  readonly ended: (rule: ActiveRule) => void;
}

/** A rule in force. */
export class ActiveRule implements Interception {
  readonly #options: ActiveRuleOptions;
  readonly #held = new Map<ObservedRequest, () => void>();
  #hits = 0;

  constructor(options: ActiveRuleOptions) {
    this.#options = options;
  }

  get hits(): number {
    return this.#hits;
  }

  get held(): readonly SeenRequest[] {
    return [...this.#held.keys()];
  }

  release(request?: SeenRequest): void {
    for (const [held, letGo] of [...this.#held]) if (request === undefined || request === held) letGo();
  }

  remove(): void {
    this.#options.ended(this);
    this.release();
  }

  /** The fault that this rule has for a request. */
  take(request: ObservedRequest): Fault | undefined {
    const { rule, times = Number.POSITIVE_INFINITY, while: inForce = () => true, ended } = this.#options;
    if (!inForce()) {
      this.remove();
      return undefined;
    }
    const fault = rule(request);
    if (!fault) return undefined;
    this.#hits += 1;
    if (this.#hits >= times) ended(this);
    return fault;
  }

  /** Lets a request go its way under a fault of this rule; resolves when it may be answered. */
  async befall(fault: Fault, request: ObservedRequest, handle: () => Promise<void> | undefined): Promise<void> {
    if (fault.kind === 'error') return await request.fail(fault.error);
    if (fault.when === 'after') await handle();
    if (fault.kind === 'drop') return request.peer.destroy();
    await this.#hold(request, fault.kind === 'delay' ? fault : undefined);
    if (fault.when !== 'after' && !request.peer.closed) await handle();
  }

  /** Waits until the request is released, its delay is over, or its client has gone. */
  #hold(request: ObservedRequest, delay: { ms: number; clock?: Clock } | undefined): Promise<void> {
    const { clock, changed } = this.#options;
    return new Promise((resolve) => {
      if (request.peer.closed) return resolve();
      const letGo = () => {
        timer?.cancel();
        closing();
        this.#held.delete(request);
        request.peer.stall(false);
        resolve();
        changed();
      };
      const timer = delay && (delay.clock ?? clock).after('kafka fault delay', delay.ms, letGo);
      const closing = request.peer.onceClosed(letGo);
      this.#held.set(request, letGo);
      request.peer.stall(true);
      changed();
    });
  }
}
