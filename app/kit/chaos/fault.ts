import type { MailAnswer } from '../../../brokers/smtp/script.ts';
import type { SmsAnswer } from '../../../brokers/twilio/script.ts';
import type { Clock } from '../../../contracts/clock.ts';
import type { Config } from '../../../contracts/config.ts';
import type { Random } from '../../../contracts/random.ts';
import type { SiteProcess } from '../../site-process.ts';
import type { Ledger } from '../ledger.ts';
import type { DeliveryFaults } from './deliveries.ts';
import type { MqttMessageFaults } from './mqtt-messages.ts';

/** A fault in force. */
export interface Fault {
  /** Its row in the table, `mqtt.drop`. */
  readonly name: string;
  readonly words: string;
  readonly isHealed: boolean;
  /** How often it struck so far: messages, writes, sends, a role that died; always 1 for one that is just there. */
  readonly strikes: number;
  /** Ends it, and lets go of what it holds; resolves once that is done. Twice does nothing. */
  heal(): Promise<void>;
}

/** What ends a fault. */
export interface End {
  heal(): void | Promise<void>;
  strikes?(): number;
  /** Gives back what the fault has, for a site that stops; `heal` where it is left out. */
  drop?(): void | Promise<void>;
}

/** The site as a fault has it. */
export interface World {
  readonly process: SiteProcess;
  readonly config: Config;
  readonly ledger: Ledger;
  /** The site's time. */
  readonly clock: Clock;
  /** Of this fault alone. */
  readonly random: Random;
  /** Those of the embedded servers; undefined where the site uses real ones. */
  readonly mqttMessages: MqttMessageFaults | undefined;
  readonly mails: DeliveryFaults<MailAnswer> | undefined;
  readonly sms: DeliveryFaults<SmsAnswer> | undefined;
}
