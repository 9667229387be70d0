import type { Clock, Timer } from '../contracts/clock.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Random } from '../contracts/random.ts';

/** Somebody who wants a connection. */
export interface Applicant {
  /** It is its turn: it opens a connection, and then tells the gate `succeeded` or `failed`. */
  connect(): void;
}

/** Connects under way at a time: more overrun the broker's accept queue, which drops them for a second or three. */
const IN_FLIGHT = 200;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Lets the fleet through to the broker, some at a time. All of them talk to the same broker, so a failure is a fact about
 * it rather than about the one who met it: everybody pauses, longer each time, then a single one tries, and only when it
 * got through do the others follow. A broker that is down so gets one connect every few seconds, not one per detector.
 */
export class ConnectGate {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #queue = new Set<Applicant>();
  readonly #inFlight = new Set<Applicant>();
  /** Failed rounds since the last success. */
  #failures = 0;
  #pause: Timer | undefined;
  #trouble = '';
  #stopped = false;

  constructor(options: { readonly wireClock: Clock; readonly random: Random; readonly logger: Logger }) {
    this.#clock = options.wireClock;
    this.#random = options.random;
    this.#logger = options.logger;
  }

  /** Why the last one who failed did not get through; empty when everybody has. */
  get trouble(): string {
    return this.#trouble;
  }

  /** Whether somebody's connect is under way. */
  get busy(): boolean {
    return this.#inFlight.size > 0;
  }

  request(applicant: Applicant): void {
    if (this.#stopped) return;
    this.#queue.add(applicant);
    this.#admit();
  }

  /** It no longer wants to connect, or no longer waits for the outcome. */
  withdraw(applicant: Applicant): void {
    this.#queue.delete(applicant);
    this.#inFlight.delete(applicant);
    this.#admit();
  }

  succeeded(applicant: Applicant): void {
    this.#failures = 0;
    this.#pause?.cancel();
    this.#pause = undefined;
    this.withdraw(applicant);
    if (this.#trouble === '' || this.busy) return;
    this.#trouble = '';
    this.#logger.info({}, 'the MQTT broker has taken every detector');
  }

  /** It did not get through, or was cut off at once: it waits for another turn. */
  failed(applicant: Applicant, reason: string): void {
    if (this.#stopped) return;
    this.#inFlight.delete(applicant);
    this.#queue.add(applicant);
    if (this.#trouble === '') {
      this.#logger.warn({ error: reason }, 'the MQTT broker does not take every detector; trying again');
    }
    this.#trouble = reason;
    if (this.#pause) return;
    const delayMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#pause = this.#clock.after('fleet connect pause', delayMs * (0.5 + this.#random.next() / 2), () => {
      this.#pause = undefined;
      this.#admit();
    });
  }

  /** Forgets everybody, and lets nobody through any more. */
  stop(): void {
    this.#stopped = true;
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#queue.clear();
    this.#inFlight.clear();
  }

  #admit(): void {
    const limit = this.#failures > 0 ? 1 : IN_FLIGHT;
    for (const applicant of this.#queue) {
      if (this.#pause || this.#inFlight.size >= limit) return;
      this.#queue.delete(applicant);
      this.#inFlight.add(applicant);
      applicant.connect();
    }
  }
}
