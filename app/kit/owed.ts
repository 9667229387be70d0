import type { Receiver, ReceiverOptions } from '../../contracts/transit.ts';

/** What a receiver is owed of one topic. */
interface Debt {
  /** At QoS 0: lost when the connection is. */
  quick: number;
  /** At QoS 1. */
  sure: number;
}

/**
 * Messages on their way from the MQTT broker to parts of the site: what was published and has not come to each receiver yet.
 * Counted by topic, so that a client from elsewhere does not pay the debts of another topic.
 */
export class Owed {
  readonly #receivers = new Map<string, OwedReceiver>();
  readonly #byTopic = new Map<string, readonly OwedReceiver[]>();
  /** Topics with a retained message, which comes with each new subscription: how often one was published and not withheld. */
  readonly #retained = new Map<string, number>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Lines for people about what has not come. */
  list(): string[] {
    return [...this.#receivers.values()].flatMap((receiver) => receiver.list());
  }

  get any(): boolean {
    for (const receiver of this.#receivers.values()) if (receiver.owed) return true;
    return false;
  }

  published(topic: string, { qos, retain }: { readonly qos: 0 | 1; readonly retain: boolean }): void {
    if (retain) this.#retain(topic, 1);
    for (const receiver of this.#of(topic)) receiver.owe(topic, qos, 1);
  }

  /** The opposite: it may come first, since a broker can lose a message before its sender hears that it was taken. */
  withheld(topic: string, { qos, retain }: { readonly qos: 0 | 1; readonly retain: boolean }): void {
    if (retain) this.#retain(topic, -1);
    for (const receiver of this.#of(topic)) receiver.owe(topic, qos, -1);
    this.#changed();
  }

  #retain(topic: string, count: 1 | -1): void {
    this.#retained.set(topic, (this.#retained.get(topic) ?? 0) + count);
  }

  receiver(clientId: string, options: ReceiverOptions): Receiver {
    const known = this.#receivers.get(clientId);
    if (known) return known;
    const receiver = new OwedReceiver(clientId, options, this.#retained, this.#changed);
    this.#receivers.set(clientId, receiver);
    this.#byTopic.clear();
    return receiver;
  }

  /** Nothing is under way: what came more often than it was owed (DUP, other clients) is forgotten. */
  settle(): void {
    for (const receiver of this.#receivers.values()) receiver.settle();
  }

  #of(topic: string): readonly OwedReceiver[] {
    const known = this.#byTopic.get(topic);
    if (known) return known;
    const receivers = [...this.#receivers.values()].filter((receiver) => receiver.wants(topic));
    this.#byTopic.set(topic, receivers);
    return receivers;
  }
}

class OwedReceiver implements Receiver {
  readonly #clientId: string;
  readonly #filters: readonly (readonly string[])[];
  readonly #keptSession: boolean;
  readonly #retained: ReadonlyMap<string, number>;
  readonly #changed: () => void;
  readonly #debts = new Map<string, Debt>();
  /** Retained messages that this subscription brings, by their topics. */
  readonly #awaited = new Set<string>();
  /** Whether the subscription is new: then nobody knows whether what was published beside it comes because of it. */
  #fresh = false;
  #live = false;

  constructor(clientId: string, options: ReceiverOptions, retained: ReadonlyMap<string, number>, changed: () => void) {
    this.#clientId = clientId;
    this.#filters = options.filters.map((filter) => filter.split('/'));
    this.#keptSession = options.keptSession;
    this.#retained = retained;
    this.#changed = changed;
  }

  get owed(): boolean {
    if (!this.#live) return false;
    if (this.#awaited.size > 0) return true;
    for (const { quick, sure } of this.#debts.values()) if (quick + sure > 0) return true;
    return false;
  }

  list(): string[] {
    if (!this.#live) return [];
    const topics = [...this.#debts].filter(([, { quick, sure }]) => quick + sure > 0).map(([topic]) => topic);
    return [...topics, ...this.#awaited].map((topic) => `${topic} has not come to ${this.#clientId}`);
  }

  wants(topic: string): boolean {
    const levels = topic.split('/');
    return this.#filters.some(
      (filter) => filter.length === levels.length && filter.every((level, i) => level === '+' || level === levels[i]),
    );
  }

  owe(topic: string, qos: 0 | 1, count: 1 | -1): void {
    if (!this.#live && (!this.#keptSession || qos === 0)) return;
    const debt = this.#debt(topic);
    if (qos === 0) debt.quick += count;
    else debt.sure += count;
  }

  live(sessionPresent: boolean): void {
    this.#live = true;
    this.#fresh = !sessionPresent;
    for (const [topic, count] of this.#retained) if (count > 0 && this.wants(topic)) this.#awaited.add(topic);
    this.#changed();
  }

  away(): void {
    this.#live = false;
    this.#awaited.clear();
    if (this.#keptSession) for (const debt of this.#debts.values()) debt.quick = 0;
    else this.#debts.clear();
    this.#changed();
  }

  received(topic: string, retained: boolean): void {
    const awaited = (retained || this.#fresh) && this.#awaited.delete(topic);
    const debt = this.#debt(topic);
    if (awaited && this.#fresh) debt.sure = 0;
    else if (!awaited && debt.quick > 0) debt.quick -= 1;
    else if (!awaited) debt.sure -= 1;
    this.#changed();
  }

  settle(): void {
    if (!this.#live) return;
    this.#debts.clear();
    this.#fresh = false;
  }

  #debt(topic: string): Debt {
    let debt = this.#debts.get(topic);
    if (!debt) {
      debt = { quick: 0, sure: 0 };
      this.#debts.set(topic, debt);
    }
    return debt;
  }
}
