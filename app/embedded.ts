import { join } from 'node:path';
import type { Inbox } from '../brokers/inbox.ts';
import { KafkaBroker } from '../brokers/kafka/index.ts';
import { MqttBroker } from '../brokers/mqtt/index.ts';
import { SmtpBroker } from '../brokers/smtp/index.ts';
import { TwilioStandIn } from '../brokers/twilio/index.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Config } from '../contracts/config.ts';
import type { ReceivedEmail, ReceivedSms } from '../contracts/http.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Random } from '../contracts/random.ts';
import type { Role } from '../contracts/roles.ts';
import type { Service } from '../contracts/service.ts';
import type { Transit } from '../contracts/transit.ts';
import type { MqttEndpoint } from '../transport/mqtt/address.ts';

/** What the embedded servers received; undefined where they run elsewhere. */
export interface SiteInboxes {
  readonly emails: Inbox<ReceivedEmail> | undefined;
  readonly sms: Inbox<ReceivedSms> | undefined;
}

/** Where a process finds what it talks to, embedded or real, and as whom. */
export interface Surroundings {
  /** With the bridge's credentials, if there are any. */
  readonly mqtt: MqttEndpoint;
  readonly kafka: readonly string[];
  readonly smtp: string;
  readonly twilio: {
    /** Twilio's own API without. */
    readonly baseUrl?: string;
    readonly accountSid: string;
    readonly authToken: string;
    readonly from: string;
  };
}

/**
 * What a partition of the embedded Kafka keeps: with a thousand detectors at a signal a second, `signals` reaches some ten
 * minutes back, and costs 64 MB.
 */
const RETENTION_BYTES = 16 * 1024 * 1024;

/** Our own clients end a fetch that waits when they want to stop: so it may wait, and cost nothing, in milliseconds. */
const MAX_FETCH_WAIT_MS = 1_000;

/** The number from which Twilio's test credentials may send, and our stand-in likewise. */
const TWILIO_TEST_FROM = '+15005550006';

/**
 * The servers that this process brings along because no address was given for them. `run` embeds the mail server and the
 * SMS stand-in only, and only with the roles that use them.
 */
export class Embedded {
  readonly mqtt: MqttBroker | undefined;
  readonly kafka: KafkaBroker | undefined;
  readonly smtp: SmtpBroker | undefined;
  readonly twilio: TwilioStandIn | undefined;
  readonly #config: Config;
  readonly #bridge: { readonly username: string; readonly password: string };
  readonly #account: { readonly accountSid: string; readonly authToken: string };

  constructor(options: {
    config: Config;
    roles: readonly Role[];
    brokers: boolean;
    clock: Clock;
    wireClock: Clock;
    random: Random;
    logger: Logger;
    transit: Transit;
  }) {
    const { config, roles, brokers, clock, wireClock, random, logger, transit } = options;
    this.#config = config;
    this.#bridge = { username: config.mqttUsername ?? 'bridge', password: config.mqttPassword ?? random.uuid() };
    this.#account = {
      accountSid: config.twilioAccountSid ?? `AC${random.uuid().replaceAll('-', '')}`,
      authToken: config.twilioAuthToken ?? random.uuid(),
    };
    const { host } = config;
    if (brokers && config.mqtt === undefined) {
      this.mqtt = new MqttBroker({
        host,
        port: config.mqttPort,
        logger,
        bridgeCredentials: this.#bridge,
      });
    }
    if (brokers && config.kafka === undefined) {
      this.kafka = new KafkaBroker({
        host,
        port: config.kafkaPort,
        clock: wireClock,
        // Of its own: how often a broker draws depends on who connects when.
        random: random.fork('kafka'),
        logger,
        retentionBytes: RETENTION_BYTES,
        maxFetchWaitMs: MAX_FETCH_WAIT_MS,
        ...(config.data !== undefined && { data: join(config.data, 'kafka') }),
      });
    }
    if (roles.includes('email') && config.smtp === undefined) {
      this.smtp = new SmtpBroker({ host, port: config.smtpPort, clock, logger, transit });
    }
    if (roles.includes('sms') && config.twilioAccountSid === undefined) {
      this.twilio = new TwilioStandIn({ host: '127.0.0.1', port: 0, clock, logger, transit, ...this.#account });
    }
  }

  get inboxes(): SiteInboxes {
    return { emails: this.smtp?.inbox, sms: this.twilio?.inbox };
  }

  /** Those that this process has to start. */
  services(): Service[] {
    return [this.mqtt, this.kafka, this.smtp, this.twilio].filter((service) => service !== undefined);
  }

  /** Where everything is; the embedded ones have to run, for their ports to be known. */
  surroundings(): Surroundings {
    const config = this.#config;
    const { mqttUsername: username, mqttPassword: password } = config;
    const credentials = this.mqtt ? this.#bridge : username && password ? { username, password } : {};
    const baseUrl = this.twilio?.url ?? config.twilioUrl;
    return {
      mqtt: { url: this.mqtt?.url ?? config.mqtt ?? '', ...credentials },
      kafka: this.kafka ? [this.kafka.address] : (config.kafka ?? []),
      smtp: this.smtp?.url ?? config.smtp ?? '',
      twilio: {
        ...(baseUrl && { baseUrl }),
        ...this.#account,
        from: config.twilioFrom ?? TWILIO_TEST_FROM,
      },
    };
  }
}
