import type { Pulse } from '../../contracts/pulses.ts';
import { remember } from './remember.ts';

/** So many are listed at most: one that died says nothing, and each that is started has a name of its own. */
const MOST = 100;

/** When each watchdog last said that it lives. One that was stopped is none any more; one that died stays, with its last word. */
export class Watchdogs {
  readonly #pulses = new Map<string, Pulse>();

  pulse(key: string, pulse: Pulse): void {
    this.#pulses.delete(key);
    remember(this.#pulses, key, pulse, MOST);
  }

  remove(key: string): void {
    this.#pulses.delete(key);
  }

  /** By group and instance. */
  list(): Pulse[] {
    return [...this.#pulses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pulse]) => pulse);
  }
}
