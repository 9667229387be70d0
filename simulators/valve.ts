import type { Clock, Timer } from '../contracts/clock.ts';
import type { ValveCommandPayload, ValvePosition, ValveStatePayload } from '../contracts/mqtt-payloads.ts';

/** Ids of commands that are remembered, so that a repeated one is recognised though others came between. */
const REMEMBERED = 16;
const TRAVEL = { closed: 0, open: 1 } as const satisfies Record<ValvePosition, number>;

/**
 * The works of one electric valve. It takes `moveMs` from end to end, and reports when it has arrived. A newer command
 * during a movement turns it round where it is; only the newest command is answered. Made closed.
 */
export class Valve {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #moveMs: number;
  readonly #report: (state: ValveStatePayload) => void;
  readonly #seen: string[] = [];
  /** What it said last: where it stands, or where the movement under way began. */
  #state: ValveStatePayload = { position: 'closed', commandId: null };
  /** Where the stem was when it was last set in motion or stopped, from 0 (closed) to 1 (open). */
  #stem: number = TRAVEL.closed;
  #movement: { readonly towards: ValvePosition; readonly began: number; readonly timer: Timer } | undefined;
  #stuck = false;

  constructor(name: string, clock: Clock, moveMs: number, report: (state: ValveStatePayload) => void) {
    this.#name = name;
    this.#clock = clock;
    this.#moveMs = moveMs;
    this.#report = report;
  }

  /** What it reported last; while it moves, the position that it comes from. */
  get state(): ValveStatePayload {
    return this.#state;
  }

  /** Obeys a command that is new, and reports again for one that it knows. */
  take({ id, position }: ValveCommandPayload): void {
    if (this.#stuck) return;
    if (this.#seen.includes(id)) {
      if (!this.#movement) this.#report(this.#state);
      return;
    }
    this.#seen.push(id);
    if (this.#seen.length > REMEMBERED) this.#seen.shift();
    this.#move(position, id);
  }

  /** It stays where it is, in mid-movement too, and neither moves nor reports. It remembers no command that it takes so. */
  stick(): void {
    this.#stuck = true;
    this.halt();
  }

  /** It obeys the next command again. */
  unstick(): void {
    this.#stuck = false;
  }

  /** Ends a movement under way. */
  halt(): void {
    if (!this.#movement) return;
    const { towards, began, timer } = this.#movement;
    const travelled = (this.#clock.now() - began) / this.#moveMs;
    const stem = towards === 'open' ? this.#stem + travelled : this.#stem - travelled;
    timer.cancel();
    this.#movement = undefined;
    this.#stem = Math.min(1, Math.max(0, stem));
  }

  #move(towards: ValvePosition, commandId: string): void {
    this.halt();
    const arrive = () => {
      this.#movement = undefined;
      this.#stem = TRAVEL[towards];
      this.#state = { position: towards, commandId };
      this.#report(this.#state);
    };
    const distance = Math.abs(TRAVEL[towards] - this.#stem);
    if (distance === 0) {
      arrive();
    } else {
      const timer = this.#clock.after(`movement of ${this.#name}`, distance * this.#moveMs, arrive);
      this.#movement = { towards, began: this.#clock.now(), timer };
    }
  }
}
