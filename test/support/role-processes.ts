import { z } from 'zod';
import { realClock } from '../../app/clock.ts';
import { SmtpBroker } from '../../brokers/smtp/index.ts';
import { TwilioStandIn } from '../../brokers/twilio/index.ts';
import { type DetectorAction, lampViewSchema } from '../../contracts/http.ts';
import type { Role } from '../../contracts/roles.ts';
import { RunningCommand } from './command.ts';
import { recordingLogger } from './logger.ts';

/** The brokers between the processes. */
export interface RoleServers {
  readonly kafka: readonly string[];
  readonly mqtt: string;
  readonly mqttUsername: string;
  readonly mqttPassword: string;
}

const ACCOUNT = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'secret' };

/** A site whose roles are processes of their own, by the built program; mails and SMS come to servers in this process. */
export class RoleProcesses {
  readonly servers: RoleServers;
  readonly site: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #smtp = new SmtpBroker({ clock: realClock, logger: recordingLogger() });
  readonly #twilio = new TwilioStandIn({ clock: realClock, logger: recordingLogger(), ...ACCOUNT });
  readonly #running = new Map<string, { readonly command: RunningCommand; readonly again: () => Promise<void> }>();
  readonly #apis = new Map<Role, string>();

  /** `settings`: variables of all processes; the site's name is also its prefix in Kafka. */
  constructor(servers: RoleServers, site: string, settings: Readonly<Record<string, string>>) {
    this.servers = servers;
    this.site = site;
    this.#settings = settings;
  }

  get topicPrefix(): string {
    return `${this.site}.`;
  }

  /** Starts what takes mails and SMS, before any role. */
  async start(): Promise<void> {
    await Promise.all([this.#smtp.start(), this.#twilio.start()]);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ command }) => command.kill()));
    await Promise.all([this.#smtp.stop(), this.#twilio.stop()]);
  }

  /** Starts a process of that name with these roles; resolves once it is ready. */
  async run(name: string, roles: readonly Role[], settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const command = new RunningCommand(['run', ...roles, '--json'], { ...this.#environment(), ...settings });
    this.#running.set(name, { command, again: () => this.run(name, roles, settings) });
    const { data } = await command.event('site.ready');
    for (const role of roles) this.#apis.set(role, String(data.api));
  }

  /** `kill -9`; resolves once the process is gone. */
  async kill(name: string): Promise<void> {
    await this.#named(name).command.kill();
  }

  /** Starts a process that was killed once more; resolves once it is ready. */
  async restart(name: string): Promise<void> {
    await this.#named(name).again();
  }

  async killAndRestart(name: string): Promise<void> {
    await this.kill(name);
    await this.restart(name);
  }

  /** Does something to a simulated detector; resolves once it is done. */
  async act(id: number, action: DetectorAction): Promise<void> {
    const response = await fetch(`${this.#apis.get('detectors')}/api/v1/detectors/${id}/${action}`, { method: 'POST' });
    if (response.status !== 202) throw new Error(`${action} ${id} is answered ${response.status}`);
  }

  /** The mails so far; one that was sent twice is there twice, under one id. */
  mails(): { readonly id: string; readonly to: string; readonly subject: string }[] {
    return this.#smtp.inbox.list().map(({ id, to, subject }) => ({ id, to: to.join(), subject }));
  }

  texts(): string[] {
    return this.#twilio.inbox.list().map(({ text }) => text);
  }

  async lamps() {
    return z.array(lampViewSchema).parse(await (await fetch(`${this.#apis.get('panel')}/api/v1/lamps`)).json());
  }

  #named(name: string) {
    const running = this.#running.get(name);
    if (!running) throw new Error(`nothing was run as ${name}`);
    return running;
  }

  #environment(): Record<string, string> {
    const { kafka, mqtt, mqttUsername, mqttPassword } = this.servers;
    return {
      MQTT_URL: mqtt,
      MQTT_USERNAME: mqttUsername,
      MQTT_PASSWORD: mqttPassword,
      KAFKA_BROKERS: kafka.join(','),
      SMTP_URL: this.#smtp.url,
      TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
      TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
      TWILIO_FROM: '+15005550006',
      TWILIO_API_URL: this.#twilio.url,
      SMOKEWIRE_SITE: this.site,
      SMOKEWIRE_TOPIC_PREFIX: this.topicPrefix,
      PORT: '0',
      ...this.#settings,
    };
  }
}
