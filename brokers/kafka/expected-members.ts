import type { Clock, Timer } from '../../contracts/clock.ts';

/** Member ids that were given out and have not joined yet (KIP-394), each until its session would end. */
export class ExpectedMembers {
  readonly #clock: Clock;
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#timers.size;
  }

  has(memberId: string): boolean {
    return this.#timers.has(memberId);
  }

  /** Calls `late` when nobody joined with the id in time. */
  add(memberId: string, sessionTimeoutMs: number, late: () => void): void {
    this.#timers.set(memberId, this.#clock.after('kafka member expected', sessionTimeoutMs, late));
  }

  /** Whether it was expected. */
  delete(memberId: string): boolean {
    this.#timers.get(memberId)?.cancel();
    return this.#timers.delete(memberId);
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
