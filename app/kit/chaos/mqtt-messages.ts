import type { MqttBroker } from '../../../brokers/mqtt/index.ts';
import type { BrokerMessage } from '../../../brokers/mqtt/message.ts';
import type { Clock, Timer } from '../../../contracts/clock.ts';
import type { Random } from '../../../contracts/random.ts';
import type { Transit } from '../../../contracts/transit.ts';
import type { End } from './fault.ts';
import type { Picker } from './selection.ts';

/** What becomes of a message that is struck. Durations are milliseconds of the site's time. */
export type Fate =
  /** It is acknowledged, and lost. */
  | { readonly do: 'drop' }
  /** It comes `ms` later, and by chance up to `jitterMs` more. */
  | { readonly do: 'delay'; readonly ms: number; readonly jitterMs: number }
  /** It comes `copies` times more. */
  | { readonly do: 'duplicate'; readonly copies: number }
  /** It comes after the next one of its topic, or after `withinMs` where none comes. */
  | { readonly do: 'reorder'; readonly withinMs: number };

export interface MessageRule {
  readonly about: (topic: string) => boolean;
  readonly picks: Picker;
  readonly fate: Fate;
}

interface Held {
  readonly message: BrokerMessage;
  readonly timer: Timer;
}

interface Rule extends MessageRule {
  readonly number: number;
  readonly held: Set<Held>;
  strikes: number;
}

/** Faults of the messages that pass the embedded MQTT broker, whoever sends them, wills included. */
export class MqttMessageFaults {
  readonly #broker: MqttBroker;
  readonly #clock: Clock;
  readonly #transit: Transit;
  readonly #rules = new Set<Rule>();
  #made = 0;

  constructor(options: { readonly broker: MqttBroker; readonly clock: Clock; readonly transit: Transit }) {
    this.#broker = options.broker;
    this.#clock = options.clock;
    this.#transit = options.transit;
  }

  /** A message passes the rules in the order in which they were made. Healed, a rule lets go of what it holds. */
  add(made: MessageRule): End {
    const rule: Rule = { ...made, number: this.#made++, held: new Set(), strikes: 0 };
    this.#rules.add(rule);
    this.#broker.intercept((message) => this.#intercept(message));
    const drop = () => {
      this.#rules.delete(rule);
      for (const { timer } of rule.held) timer.cancel();
      if (this.#rules.size === 0) this.#broker.intercept();
    };
    const heal = async () => {
      drop();
      await this.#sendOn(
        [...rule.held].map(({ message }) => message),
        rule,
      );
    };
    return { heal, drop, strikes: () => rule.strikes };
  }

  #intercept(message: BrokerMessage): boolean {
    const taken = this.#take(message, -1);
    if (taken) this.#transit.withheld(message.topic);
    return taken;
  }

  /** Whether one of the rules behind `after` takes the message. */
  #take(message: BrokerMessage, after: number): boolean {
    for (const rule of this.#rules) {
      if (rule.number <= after || !rule.about(message.topic)) continue;
      const random = rule.picks(message.topic);
      if (this.#strike(message, rule, random)) return true;
    }
    return false;
  }

  #strike(message: BrokerMessage, rule: Rule, random: Random | undefined): boolean {
    const { fate } = rule;
    if (fate.do === 'reorder') {
      const [earlier] = [...rule.held].filter((held) => held.message.topic === message.topic);
      if (earlier) {
        this.#forget(earlier, rule);
        void this.#sendOn([message, earlier.message], rule);
        return true;
      }
    }
    if (!random) return false;
    rule.strikes += 1;
    switch (fate.do) {
      case 'drop':
        return true;
      case 'delay':
        this.#hold(message, rule, fate.ms + Math.round(random.next() * fate.jitterMs));
        return true;
      case 'reorder':
        this.#hold(message, rule, fate.withinMs);
        return true;
      case 'duplicate':
        void this.#sendOn(
          Array.from({ length: fate.copies + 1 }, () => message),
          rule,
        );
        return true;
    }
  }

  #hold(message: BrokerMessage, rule: Rule, ms: number): void {
    const timer = this.#clock.after(`held message on ${message.topic}`, ms, () => {
      this.#forget(held, rule);
      void this.#sendOn([message], rule);
    });
    const held: Held = { message, timer };
    rule.held.add(held);
  }

  #forget(held: Held, rule: Rule): void {
    held.timer.cancel();
    rule.held.delete(held);
  }

  /** Goes on with messages behind a rule, one after the other. */
  async #sendOn(messages: readonly BrokerMessage[], rule: Rule): Promise<void> {
    const passed = messages.filter((message) => !this.#take(message, rule.number));
    for (const { topic } of passed) this.#transit.published(topic);
    for (const message of passed) await this.#broker.publish(message);
  }
}
