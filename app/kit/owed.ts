import { setImmediate as turn } from 'node:timers/promises';
import type { Ended, Receiver, ReceiverOptions } from '../../contracts/transit.ts';

/** Clients that are cut off from the MQTT broker. */
export interface Outcasts {
  isOut(clientId: string): boolean;
  /** Whether it is they who publish on a topic. */
  speakOn(topic: string): boolean;
}

/** An embedded broker passes a message on within a few turns of the event loop; an answer takes two. */
const QUESTIONS = 8;

/**
 * Messages on their way from the MQTT broker to parts of the site: what was published and has not come to each receiver yet.
 * Counted by topic, so that a client from elsewhere does not pay the debts of another topic.
 *
 * Whenever a connection begins or ends the books are in doubt: which messages it lost, whether a will is on its way, what was
 * kept or retained for a new subscription, only the broker knows. Then it is asked (`ask`).
 */
export class Owed {
  readonly #receivers = new Map<string, OwedReceiver>();
  readonly #byTopic = new Map<string, readonly OwedReceiver[]>();
  readonly #outcasts = new Set<Outcasts>();
  readonly #changed: () => void;
  #inDoubt = false;
  /** How often anything happened. */
  #moves = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Lines for people about what has not come. */
  list(): string[] {
    return this.#within().flatMap((receiver) => receiver.list((topic) => this.#isHeld(topic)));
  }

  get any(): boolean {
    const isHeld = (topic: string) => this.#isHeld(topic);
    for (const [clientId, receiver] of this.#receivers) {
      if (receiver.owes(isHeld) && !this.isCutOff(clientId)) return true;
    }
    return false;
  }

  /** Some are cut off from the broker until the answer is called: what they say and what they are owed is at rest. */
  cutOff(outcasts: Outcasts): Ended {
    this.#outcasts.add(outcasts);
    return () => {
      if (this.#outcasts.delete(outcasts)) this.doubt();
    };
  }

  isCutOff(clientId: string): boolean {
    for (const { isOut } of this.#outcasts) if (isOut(clientId)) return true;
    return false;
  }

  /** Whether the books say less than the broker knows. */
  get inDoubt(): boolean {
    return this.#inDoubt;
  }

  doubt(): void {
    this.#inDoubt = true;
    this.#moved();
  }

  published(topic: string): void {
    for (const receiver of this.#of(topic)) receiver.owe(topic, 1);
    this.#moved();
  }

  /** The opposite: it may come first, since a broker can lose a message before its sender hears that it was taken. */
  withheld(topic: string): void {
    for (const receiver of this.#of(topic)) receiver.owe(topic, -1);
    this.#moved();
  }

  receiver(clientId: string, options: ReceiverOptions): Receiver {
    const receiver = new OwedReceiver(clientId, options, {
      moved: () => this.#moved(),
      doubt: () => this.doubt(),
    });
    this.#receivers.set(clientId, receiver);
    this.#byTopic.clear();
    return receiver;
  }

  /**
   * Asks the broker for answers over the connections that can. It is one thread: before the first answer it has passed on what
   * it had read by then, before the second what lay unread in its sockets. If nothing moves meanwhile, nothing more comes: what
   * is still owed was lost, and the books are clear.
   */
  async ask(): Promise<void> {
    const moves = this.#moves;
    for (let asked = 0; asked < QUESTIONS; asked++) {
      await Promise.all([turn(), ...this.#within().map((receiver) => receiver.ask())]);
    }
    if (moves !== this.#moves) return;
    this.#inDoubt = false;
    this.settle();
  }

  /** Nothing is under way: what came more often than it was owed (other clients) is forgotten. */
  settle(): void {
    for (const receiver of this.#receivers.values()) receiver.forget();
  }

  #within(): OwedReceiver[] {
    return [...this.#receivers].flatMap(([clientId, receiver]) => (this.isCutOff(clientId) ? [] : receiver));
  }

  #isHeld(topic: string): boolean {
    for (const { speakOn } of this.#outcasts) if (speakOn(topic)) return true;
    return false;
  }

  #of(topic: string): readonly OwedReceiver[] {
    const known = this.#byTopic.get(topic);
    if (known) return known;
    const receivers = [...this.#receivers.values()].filter((receiver) => receiver.wants(topic));
    this.#byTopic.set(topic, receivers);
    return receivers;
  }

  #moved(): void {
    this.#moves += 1;
    this.#changed();
  }
}

class OwedReceiver implements Receiver {
  readonly #clientId: string;
  readonly #filters: readonly (readonly string[])[];
  readonly #ask: (() => Promise<void>) | undefined;
  readonly #books: { moved(): void; doubt(): void };
  readonly #debts = new Map<string, number>();
  #live = false;

  constructor(clientId: string, { filters, ask }: ReceiverOptions, books: { moved(): void; doubt(): void }) {
    this.#clientId = clientId;
    this.#filters = filters.map((filter) => filter.split('/'));
    this.#ask = ask;
    this.#books = books;
  }

  owes(isHeld: (topic: string) => boolean): boolean {
    for (const [topic, debt] of this.#debts) if (debt > 0 && !isHeld(topic)) return true;
    return false;
  }

  list(isHeld: (topic: string) => boolean): string[] {
    const topics = [...this.#debts].filter(([topic, debt]) => debt > 0 && !isHeld(topic)).map(([topic]) => topic);
    return topics.map((topic) => `${topic} has not come to ${this.#clientId}`);
  }

  wants(topic: string): boolean {
    const levels = topic.split('/');
    return this.#filters.some(
      (filter) => filter.length === levels.length && filter.every((level, i) => level === '+' || level === levels[i]),
    );
  }

  /** What is published while it is away comes with its next connection, or never. */
  owe(topic: string, count: 1 | -1): void {
    if (this.#live) this.#debts.set(topic, (this.#debts.get(topic) ?? 0) + count);
  }

  live(): void {
    this.#live = true;
    this.#books.doubt();
  }

  away(): void {
    if (!this.#live) return;
    this.#live = false;
    this.#debts.clear();
    this.#books.doubt();
  }

  received(topic: string): void {
    this.owe(topic, -1);
    this.#books.moved();
  }

  ask(): Promise<void> | undefined {
    return this.#live ? this.#ask?.() : undefined;
  }

  forget(): void {
    this.#debts.clear();
  }
}
