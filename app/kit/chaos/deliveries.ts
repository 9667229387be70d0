import type { SmtpBroker } from '../../../brokers/smtp/index.ts';
import type { MailAnswer } from '../../../brokers/smtp/script.ts';
import type { TwilioStandIn } from '../../../brokers/twilio/index.ts';
import type { SmsAnswer } from '../../../brokers/twilio/script.ts';
import type { End } from './fault.ts';
import type { Picker } from './selection.ts';

/** What one fault does with the messages of a server that it picks. */
export interface DeliveryRule<Answer> {
  /** Only those to this recipient. */
  readonly to?: string | undefined;
  /** Asked with the notification's id: attempts at one notification are counted apart. */
  readonly picks: Picker;
  readonly answer: Answer;
}

/** A server that takes messages for people, as faults have it. */
interface Server<Answer> {
  behave(judge: ((to: readonly string[], id: string) => Answer) | undefined): void;
  release(): void;
}

/** Faults of one server; the one that was made first decides. */
export class DeliveryFaults<Answer> {
  readonly #server: Server<Answer>;
  readonly #accept: Answer;
  readonly #rules = new Set<DeliveryRule<Answer> & { strikes: number }>();

  constructor(server: Server<Answer>, accept: Answer) {
    this.#server = server;
    this.#accept = accept;
  }

  /** Healed, what hangs goes on. */
  add(made: DeliveryRule<Answer>): End {
    const rule = { ...made, strikes: 0 };
    this.#rules.add(rule);
    this.#server.behave((to, id) => this.#answer(to, id));
    const drop = () => {
      this.#rules.delete(rule);
      if (this.#rules.size === 0) this.#server.behave(undefined);
    };
    const heal = () => {
      drop();
      this.#server.release();
    };
    return { heal, drop, strikes: () => rule.strikes };
  }

  #answer(to: readonly string[], id: string): Answer {
    for (const rule of this.#rules) {
      const meant = rule.to === undefined || to.includes(rule.to);
      if (!meant || !rule.picks(id)) continue;
      rule.strikes += 1;
      return rule.answer;
    }
    return this.#accept;
  }
}

/** Decided once a mail is read: before, nobody knows which one it is. */
export function mailFaults(broker: SmtpBroker): DeliveryFaults<MailAnswer> {
  const server: Server<MailAnswer> = {
    behave: (judge) => broker.behave(judge && (() => ({ do: 'judge', by: (mail) => judge(mail.to, mail.id) }))),
    release: () => broker.release(),
  };
  return new DeliveryFaults(server, { do: 'accept' });
}

export function smsFaults(standIn: TwilioStandIn): DeliveryFaults<SmsAnswer> {
  const server: Server<SmsAnswer> = {
    behave: (judge) =>
      standIn.behave(judge && (({ to, text, notification }) => judge([to], notification ?? `${to} ${text}`))),
    release: () => standIn.release(),
  };
  return new DeliveryFaults(server, { do: 'accept' });
}
