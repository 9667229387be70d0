import type { Ended, Hop, Reader, Receiver, ReceiverOptions, Transit } from '../../contracts/transit.ts';
import { Lag } from './lag.ts';
import { Owed } from './owed.ts';

/** Something that is under way. */
interface Entry {
  readonly hop: Hop;
  readonly what: string;
  /** How many faults hold it: it waits for the site's clock, or for the test, and is at rest. */
  holds: number;
}

/** Keeps count of all that is under way in a site, so that it is known when nothing is: exactly, and not by waiting a while. */
export class Ledger implements Transit {
  readonly #entries = new Set<Entry>();
  readonly #heldHops = new Map<Hop, number>();
  readonly #owed = new Owed(() => this.wake());
  readonly #lag = new Lag(() => this.wake());
  /** Called once, at the next change. */
  #waiting: (() => void)[] = [];

  begin(hop: Hop, what: string): Ended {
    const entry: Entry = { hop, what, holds: 0 };
    this.#entries.add(entry);
    return () => {
      if (this.#entries.delete(entry)) this.wake();
    };
  }

  published(topic: string, options: { readonly qos: 0 | 1; readonly retain: boolean }): void {
    this.#owed.published(topic, options);
  }

  withheld(topic: string, options: { readonly qos: 0 | 1; readonly retain: boolean }): void {
    this.#owed.withheld(topic, options);
  }

  receiver(clientId: string, options: ReceiverOptions): Receiver {
    return this.#owed.receiver(clientId, options);
  }

  written(topic: string, partition: number, end: number): void {
    this.#lag.written(topic, partition, end);
  }

  reader(): Reader {
    return this.#lag.reader();
  }

  /** Everything by this hop stands still until the answer is called: whatever is under way there is at rest. */
  holdHop(hop: Hop): Ended {
    this.#heldHops.set(hop, (this.#heldHops.get(hop) ?? 0) + 1);
    this.wake();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#heldHops.set(hop, (this.#heldHops.get(hop) ?? 1) - 1);
      this.wake();
    };
  }

  hold(hop: Hop, what: string): Ended {
    const held = [...this.#entries].filter((entry) => entry.hop === hop && entry.what === what);
    for (const entry of held) entry.holds += 1;
    this.wake();
    return () => {
      for (const entry of held.splice(0)) entry.holds -= 1;
      this.wake();
    };
  }

  /** Whether that is under way, held or not. */
  isUnderWay(hop: Hop, what: string): boolean {
    for (const entry of this.#entries) if (entry.hop === hop && entry.what === what) return true;
    return false;
  }

  /** Whether nothing is under way but what is held. */
  get quiet(): boolean {
    for (const { hop, holds } of this.#entries) if (holds === 0 && !this.#isHeld(hop)) return false;
    if (this.#lag.any && !this.#isHeld('kafka')) return false;
    return !this.#owed.any || this.#isHeld('mqtt');
  }

  /** What is under way, in lines for people. */
  list(): string[] {
    const entries = [...this.#entries].filter(({ hop, holds }) => holds === 0 && !this.#isHeld(hop));
    return [
      ...entries.map(({ hop, what }) => `${hop}: ${what}`),
      ...(this.#isHeld('kafka') ? [] : this.#lag.list()),
      ...(this.#isHeld('mqtt') ? [] : this.#owed.list()),
    ];
  }

  /** To be called when the site has settled: debts that were paid twice are forgotten. */
  settled(): void {
    if (!this.#isHeld('mqtt')) this.#owed.settle();
  }

  /** Resolves at the next change, or when it is woken. */
  change(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #isHeld(hop: Hop): boolean {
    return (this.#heldHops.get(hop) ?? 0) > 0;
  }

  /** Ends all waits for a change. */
  wake(): void {
    if (this.#waiting.length > 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
