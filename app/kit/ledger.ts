import type { Ended, Hop, Reader, Receiver, ReceiverOptions, Transit } from '../../contracts/transit.ts';
import { Lag } from './lag.ts';
import { type Outcasts, Owed } from './owed.ts';
import type { Turns } from './turns.ts';

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
  readonly #turns: Turns | undefined;
  /** Those who want to go on once a hop is not held any more. */
  readonly #atTheGate = new Map<Hop, { readonly what: string; readonly go: () => void }[]>();
  /** Called once, at the next change. */
  #waiting: (() => void)[] = [];

  /** Without `turns` everybody's turn is now. */
  constructor(turns?: Turns) {
    this.#turns = turns;
  }

  begin(hop: Hop, what: string): Ended {
    const entry: Entry = { hop, what, holds: 0 };
    this.#entries.add(entry);
    return () => {
      if (this.#entries.delete(entry)) this.wake();
    };
  }

  published(topic: string): void {
    this.#owed.published(topic);
  }

  withheld(topic: string): void {
    this.#owed.withheld(topic);
  }

  /** Somebody else may have published something: the MQTT broker is asked before the site counts as settled. */
  doubt(): void {
    this.#owed.doubt();
  }

  turn(what: string): Promise<void> {
    return this.#turns?.turn(what) ?? Promise.resolve();
  }

  passage(hop: Hop, what: string): Promise<void> | undefined {
    if (!this.#turns || !this.#isHeld(hop)) return undefined;
    return new Promise((go) => {
      const waiting = this.#atTheGate.get(hop) ?? [];
      this.#atTheGate.set(hop, [...waiting, { what, go }]);
    });
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
      if (hop === 'mqtt') this.#owed.doubt();
      if (!this.#isHeld(hop)) {
        for (const { what, go } of this.#atTheGate.get(hop) ?? []) void this.turn(what).then(go);
        this.#atTheGate.delete(hop);
      }
      this.wake();
    };
  }

  /** Some MQTT clients are cut off from their broker until the answer is called: they wait, and what waits for them. */
  cutOff(outcasts: Outcasts): Ended {
    const back = this.#owed.cutOff(outcasts);
    this.wake();
    return back;
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

  /**
   * Whether nothing is under way but what is held: then the site has settled, and what was paid twice is forgotten. Where the
   * books about MQTT are in doubt, this makes the broker be asked, and it will be known at a later change.
   */
  settle(): boolean {
    for (const entry of this.#entries) if (!this.#rests(entry)) return false;
    if (this.#lag.any && !this.#isHeld('kafka')) return false;
    if (this.#isHeld('mqtt')) return true;
    if (this.#owed.inDoubt) {
      void this.#owed.ask().finally(this.begin('mqtt', 'what the broker still has'));
      return false;
    }
    if (this.#owed.any) return false;
    this.#owed.settle();
    return true;
  }

  /** Answers whether what is under way now is over: what it brings about has begun by then. */
  mark(): () => boolean {
    // Of an offset that is committed nothing comes, and a busy group always has some.
    const entries = [...this.#entries].filter(({ what }) => !what.startsWith('offsets of '));
    const isBehind = this.#isHeld('kafka') ? () => false : this.#lag.mark();
    let asking = !this.#isHeld('mqtt');
    const answered = () => {
      asking = false;
      this.wake();
    };
    if (asking) this.#owed.ask().then(answered, answered);
    return () => !asking && !isBehind() && !entries.some((entry) => this.#entries.has(entry) && !this.#rests(entry));
  }

  /** What is under way, in lines for people. */
  list(): string[] {
    const entries = [...this.#entries].filter((entry) => !this.#rests(entry));
    return [
      ...entries.map(({ hop, what }) => `${hop}: ${what}`),
      ...(this.#isHeld('kafka') ? [] : this.#lag.list()),
      ...(this.#isHeld('mqtt') ? [] : this.#owed.list()),
    ];
  }

  /** Resolves at the next change, or when it is woken. */
  change(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** What is under way by MQTT is named by its client, `smokewire-hq-valves publishes …`. */
  #rests({ hop, what, holds }: Entry): boolean {
    if (holds > 0 || this.#isHeld(hop)) return true;
    return hop === 'mqtt' && this.#owed.isCutOff(what.slice(0, what.indexOf(' ')));
  }

  #isHeld(hop: Hop): boolean {
    return (this.#heldHops.get(hop) ?? 0) > 0;
  }

  /** Ends all waits for a change. */
  wake(): void {
    if (this.#waiting.length > 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
