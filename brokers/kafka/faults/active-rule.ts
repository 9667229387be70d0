import type { Clock } from '../../../contracts/clock.ts';
import type { KafkaErrorName, SeenRequest } from './seen-request.ts';

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

interface InterceptionOptions extends RuleOptions {
  readonly rule: Rule;
  readonly clock: Clock;
  /** What is held has become more or less. */
  readonly changed: () => void;
  readonly ended: (interception: Interception) => void;
}

/** A rule in force. */
export class Interception {
  readonly #options: InterceptionOptions;
  readonly #held = new Map<SeenRequest, () => void>();
  #hits = 0;

  constructor(options: InterceptionOptions) {
    this.#options = options;
  }

  /** On how many requests it has put a fault. */
  get hits(): number {
    return this.#hits;
  }

  /** The requests that it holds or delays now, oldest first. */
  get held(): SeenRequest[] {
    return [...this.#held.keys()];
  }

  /** Lets go of a request that is held or delayed, or of all of them. */
  release(request?: SeenRequest): void {
    for (const [held, letGo] of [...this.#held]) if (request === undefined || request === held) letGo();
  }

  /** Ends the rule and releases what it holds. */
  remove(): void {
    this.#options.ended(this);
    this.release();
  }

  /** @internal The fault that this rule has for a request. */
  take(request: SeenRequest): Fault | undefined {
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

  /** @internal Lets a request go its way under a fault of this rule; resolves when it may be answered. */
  async befall(fault: Fault, request: SeenRequest, handle: () => Promise<void> | undefined): Promise<void> {
    if (fault.kind === 'error') return await request.fail(fault.error);
    if (fault.when === 'after') await handle();
    if (fault.kind === 'drop') return request.peer.destroy();
    await this.#hold(request, fault.kind === 'delay' ? fault : undefined);
    if (fault.when !== 'after' && !request.peer.closed) await handle();
  }

  /** Waits until the request is released, its delay is over, or its client has gone. */
  #hold(request: SeenRequest, delay: { ms: number; clock?: Clock } | undefined): Promise<void> {
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
