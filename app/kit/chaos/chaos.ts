import type { Clock, Timer } from '../../../contracts/clock.ts';
import type { Config } from '../../../contracts/config.ts';
import { messageOf } from '../../../contracts/errors.ts';
import type { Logger } from '../../../contracts/logger.ts';
import type { Random } from '../../../contracts/random.ts';
import type { Service } from '../../../contracts/service.ts';
import type { SiteProcess } from '../../site-process.ts';
import type { Ledger } from '../ledger.ts';
import type { SiteTime } from '../site-time.ts';
import type { PreparedFault } from './act.ts';
import { CHAOS_ACTS, type ChaosName, type ChaosOptions } from './acts.ts';
import { mailFaults, smsFaults } from './deliveries.ts';
import type { End, Fault, World } from './fault.ts';
import { MqttMessageFaults } from './mqtt-messages.ts';

/** What a fault is given beside the detector that it is about. */
type OfDetector<Name extends ChaosName> = Omit<ChaosOptions<Name>, 'detector'>;

type Killable = ChaosOptions<'role.kill'>['role'];

export interface ChaosParts {
  readonly process: SiteProcess;
  readonly config: Config;
  readonly ledger: Ledger;
  readonly time: SiteTime;
  /** Repeats with the site's seed. */
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Faults on purpose. Each begins at once and lasts until it is healed, or `for` so long; drawn from the site's seed, and in
 * virtual time the same each time. Durations are of the site's time. docs/chaos.md lists what each takes and does.
 */
export class Chaos implements Service {
  readonly name = 'faults on purpose';
  readonly #parts: ChaosParts;
  readonly #clock: Clock;
  readonly #faults = new Map<Fault, { readonly end: End; readonly timer: Timer | undefined }>();
  #shared: Pick<World, 'mqttMessages' | 'mails' | 'sms'> | undefined;
  #begun = 0;

  constructor(parts: ChaosParts) {
    this.#parts = parts;
    this.#clock = parts.time.clock;
  }

  /** Those in force, oldest first. */
  get faults(): readonly Fault[] {
    return [...this.#faults.keys()];
  }

  /**
   * Begins the fault of that name: what the other methods do. Resolves once it is in force.
   * @throws SmokewireError USAGE_INVALID, DETECTOR_UNKNOWN, FAULT_NEEDS_EMBEDDED where the site uses a real server by address
   */
  async begin<Name extends ChaosName>(name: Name, options: ChaosOptions<Name>): Promise<Fault> {
    return await this.beginPrepared(name, CHAOS_ACTS[name].prepare(options));
  }

  /** The same for a fault whose options were read before. */
  async beginPrepared(name: string, prepared: PreparedFault): Promise<Fault> {
    const { process, time, random } = this.#parts;
    // What is held is what comes from now on: nothing may be half on its way.
    if (time.hands.kind === 'virtual') await time.settled();
    const own = random.fork(String(this.#begun++));
    return await time.done(
      (async () => {
        const end = await prepared.begin(this.#world(own));
        process.struck(name);
        return this.#fault(name, prepared, end);
      })(),
    );
  }

  /** Ends every fault, or those of a name, the latest first, and lets go of what they hold. */
  async heal(name?: ChaosName): Promise<void> {
    for (const fault of [...this.#faults.keys()].reverse()) {
      if (name === undefined || fault.name === name) await fault.heal();
    }
  }

  async start(): Promise<void> {}

  missing(): readonly string[] {
    return [];
  }

  /** Ends every fault for a site that stops: what is held is lost. */
  async stop(): Promise<void> {
    await Promise.all([...this.#faults.keys()].map((fault) => this.#end(fault, true)));
  }

  /** Messages on their way through the embedded MQTT broker, and the broker itself. */
  get mqtt() {
    return {
      drop: (options: ChaosOptions<'mqtt.drop'> = {}) => this.begin('mqtt.drop', options),
      delay: (options: ChaosOptions<'mqtt.delay'>) => this.begin('mqtt.delay', options),
      duplicate: (options: ChaosOptions<'mqtt.duplicate'> = {}) => this.begin('mqtt.duplicate', options),
      reorder: (options: ChaosOptions<'mqtt.reorder'> = {}) => this.begin('mqtt.reorder', options),
      pause: (options: ChaosOptions<'mqtt.pause'> = {}) => this.begin('mqtt.pause', options),
      partition: (options: ChaosOptions<'mqtt.partition'>) => this.begin('mqtt.partition', options),
    };
  }

  /** What is written to the embedded Kafka broker, and the broker itself. */
  get kafka() {
    return {
      drop: (options: ChaosOptions<'kafka.drop'> = {}) => this.begin('kafka.drop', options),
      delay: (options: ChaosOptions<'kafka.delay'>) => this.begin('kafka.delay', options),
      duplicate: (options: ChaosOptions<'kafka.duplicate'> = {}) => this.begin('kafka.duplicate', options),
      reorder: (options: ChaosOptions<'kafka.reorder'> = {}) => this.begin('kafka.reorder', options),
      pause: (options: ChaosOptions<'kafka.pause'> = {}) => this.begin('kafka.pause', options),
      partition: (options: ChaosOptions<'kafka.partition'> = {}) => this.begin('kafka.partition', options),
    };
  }

  get mail() {
    return {
      refuse: (options: ChaosOptions<'mail.refuse'> = {}) => this.begin('mail.refuse', options),
      hang: (options: ChaosOptions<'mail.hang'> = {}) => this.begin('mail.hang', options),
      cut: (options: ChaosOptions<'mail.cut'> = {}) => this.begin('mail.cut', options),
    };
  }

  get sms() {
    return {
      refuse: (options: ChaosOptions<'sms.refuse'> = {}) => this.begin('sms.refuse', options),
      hang: (options: ChaosOptions<'sms.hang'> = {}) => this.begin('sms.hang', options),
      cut: (options: ChaosOptions<'sms.cut'> = {}) => this.begin('sms.cut', options),
    };
  }

  /** What goes wrong with a device. */
  detector(detector: number) {
    return {
      drift: (options: OfDetector<'detector.drift'>) => this.begin('detector.drift', { detector, ...options }),
      stick: (options: OfDetector<'detector.stick'> = {}) => this.begin('detector.stick', { detector, ...options }),
      flap: (options: OfDetector<'detector.flap'>) => this.begin('detector.flap', { detector, ...options }),
      skew: (options: OfDetector<'detector.skew'>) => this.begin('detector.skew', { detector, ...options }),
      babble: (options: OfDetector<'detector.babble'>) => this.begin('detector.babble', { detector, ...options }),
      impersonate: (options: OfDetector<'detector.impersonate'>) =>
        this.begin('detector.impersonate', { detector, ...options }),
    };
  }

  /** Kills a role of this process as `kill -9` would, at once, or between two of its effects. Healed, it is started again. */
  kill(role: Killable, options: Omit<ChaosOptions<'role.kill'>, 'role'> = {}): Promise<Fault> {
    return this.begin('role.kill', { role, ...options });
  }

  /** Starts a role again that was killed; resolves once it is ready. */
  async restart(role: Killable): Promise<void> {
    await this.begin('role.restart', { role });
  }

  #fault(name: string, { words, forMs }: PreparedFault, end: End | undefined): Fault {
    const faults = this.#faults;
    const { time } = this.#parts;
    const fault: Fault = {
      name,
      words,
      get isHealed() {
        return !faults.has(fault);
      },
      get strikes() {
        return end?.strikes?.() ?? 1;
      },
      heal: () => time.done(this.#end(fault, false)),
    };
    if (end === undefined) return fault;
    const timer =
      forMs === undefined ? undefined : this.#clock.after(`end of ${name}`, forMs, () => this.#endInTime(fault));
    faults.set(fault, { end, timer });
    return fault;
  }

  #endInTime(fault: Fault): void {
    const { ledger, logger } = this.#parts;
    const healed = ledger.begin('chaos', `${fault.name} heals`);
    this.#end(fault, false)
      .catch((error: unknown) => {
        logger.error({ fault: fault.name, error: messageOf(error) }, 'a fault on purpose could not be healed');
      })
      .finally(healed);
  }

  async #end(fault: Fault, dropped: boolean): Promise<void> {
    const entry = this.#faults.get(fault);
    if (!entry) return;
    this.#faults.delete(fault);
    const { end, timer } = entry;
    timer?.cancel();
    await (dropped && end.drop ? end.drop() : end.heal());
  }

  #world(random: Random): World {
    const { process, config, ledger } = this.#parts;
    const clock = this.#clock;
    const { mqtt, smtp, twilio } = process.embedded;
    this.#shared ??= {
      mqttMessages: mqtt && new MqttMessageFaults({ broker: mqtt, clock, transit: ledger }),
      mails: smtp && mailFaults(smtp),
      sms: twilio && smsFaults(twilio),
    };
    return { process, config, ledger, clock, random, ...this.#shared };
  }
}
