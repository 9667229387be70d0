import type { Clock, Timer } from '../contracts/clock.ts';
import type { Logger } from '../contracts/logger.ts';
import { detectorTopic } from '../contracts/mqtt-topics.ts';
import type { Service } from '../contracts/service.ts';

/** A passive detector as it is asked. */
export interface PassiveDetector {
  readonly id: number;
  readonly floor: number;
  readonly heartbeatMs: number;
}

/** Who has to be asked now: the passive detectors of the partitions that this process holds. */
export interface PassiveDetectors {
  list(): Iterable<PassiveDetector>;
  /** Calls `changed` whenever the set changes; the answer ends that. */
  watch(changed: () => void): () => void;
}

export interface PollerOptions {
  readonly site: string;
  readonly root: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly detectors: PassiveDetectors;
  /** Publishes at QoS 1, not retained; resolves once the broker has it. */
  readonly publish: (topic: string, payload: string) => Promise<void>;
}

/** The least time between two looks at who is due: as fine as the shortest heartbeat that a detector may have. */
const TICK_MS = 10;

interface Turn {
  detector: PassiveDetector;
  due: number;
  /** Its last question is on the way: a broker that takes none must not pile them up. */
  asking: boolean;
}

/**
 * Asks passive detectors, each once a heartbeat, by an empty message on their `poll` topic; an answer is a signal like any
 * other. One timer serves them all.
 */
export class Poller implements Service {
  readonly name = 'poller';
  readonly #options: PollerOptions;
  readonly #turns = new Map<number, Turn>();
  /** Whether the set is another than the one that is followed. */
  #stale = true;
  #unwatch: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (this.#unwatch) return;
    this.#unwatch = this.#options.detectors.watch(() => {
      if (!this.#stale) this.#arm(TICK_MS);
      this.#stale = true;
    });
    this.#look();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#turns.clear();
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#stale = true;
  }

  missing(): readonly string[] {
    return [];
  }

  #look(): void {
    const now = this.#options.clock.now();
    if (this.#stale) this.#follow(now);
    let next = Number.POSITIVE_INFINITY;
    for (const turn of this.#turns.values()) {
      if (turn.due <= now) {
        this.#ask(turn);
        // Questions that fell due during a pause are not made up for: one answer is as good as ten.
        const { heartbeatMs } = turn.detector;
        turn.due += heartbeatMs * Math.ceil((now - turn.due + 1) / heartbeatMs);
      }
      next = Math.min(next, turn.due);
    }
    if (next < Number.POSITIVE_INFINITY) this.#arm(Math.max(TICK_MS, next - now));
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after('poll', delayMs, () => this.#look());
  }

  /** Takes over the set as it is now. Who stays keeps its turn; new ones are spread over their heartbeat by their id. */
  #follow(now: number): void {
    const gone = new Set(this.#turns.keys());
    for (const detector of this.#options.detectors.list()) {
      gone.delete(detector.id);
      const turn = this.#turns.get(detector.id);
      if (turn?.detector.heartbeatMs === detector.heartbeatMs) turn.detector = detector;
      else this.#turns.set(detector.id, { detector, due: now + firstTurn(detector), asking: false });
    }
    for (const id of gone) this.#turns.delete(id);
    this.#stale = false;
  }

  #ask(turn: Turn): void {
    if (turn.asking) return;
    const { site, root, publish, logger } = this.#options;
    const { id, floor } = turn.detector;
    turn.asking = true;
    publish(detectorTopic(root, site, floor, id, 'poll'), '')
      .catch((err: unknown) => logger.debug({ detector: id, err }, 'a poll was not published'))
      .finally(() => {
        turn.asking = false;
      });
  }
}

/** The golden ratio's multiples spread any run of ids evenly over [0, 1). */
const GOLDEN = 0.618_033_988_749_895;

function firstTurn({ id, heartbeatMs }: PassiveDetector): number {
  return Math.floor(((id * GOLDEN) % 1) * heartbeatMs);
}
