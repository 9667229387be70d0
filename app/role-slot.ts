import type { KafkaRole } from '../contracts/roles.ts';
import type { Service } from '../contracts/service.ts';
import { type FatalMoment, Life } from './life.ts';
import type { LivingContext, RoleContext } from './roles.ts';

/** A role of this process that can be killed and started again. */
export class RoleSlot implements Service {
  readonly name: KafkaRole;
  readonly #context: RoleContext;
  readonly #make: (context: LivingContext) => Service;
  /** Called at the very moment at which the role was killed. */
  readonly #onKilled: (role: KafkaRole) => void;
  /** Parts of lives that are over, on their way out. */
  readonly #burials = new Set<Promise<void>>();
  #life: Life;
  #service: Service;
  #stopped = false;

  constructor(options: {
    readonly role: KafkaRole;
    readonly context: RoleContext;
    readonly make: (context: LivingContext) => Service;
    readonly onKilled: (role: KafkaRole) => void;
  }) {
    this.name = options.role;
    this.#context = options.context;
    this.#make = options.make;
    this.#onKilled = options.onKilled;
    [this.#life, this.#service] = this.#born();
  }

  get isKilled(): boolean {
    return this.#life.over;
  }

  missing(): readonly string[] {
    return this.isKilled ? [`${this.name}: killed`] : this.#service.missing();
  }

  start(): Promise<void> {
    return this.#service.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#service.stop();
    await Promise.all(this.#burials);
  }

  /** Now, or at a moment that may come; resolves once it is over, which is never where the moment never comes. */
  kill(moment?: FatalMoment): Promise<void> {
    const life = this.#life;
    if (life.over) return Promise.resolve();
    const over = new Promise<void>((resolve) => void life.onceOver(resolve));
    if (moment) life.endAt(moment);
    else life.end();
    return over;
  }

  /** It will not be killed at a moment that has not come yet. */
  spare(): void {
    this.#life.spare();
  }

  /** A new life, where the last one is over; resolves once it is ready, however often that has to be tried, or stopped. */
  async restart(): Promise<void> {
    if (!this.isKilled) return;
    while (!this.#stopped) {
      [this.#life, this.#service] = this.#born();
      const service = this.#service;
      try {
        return await service.start();
      } catch {
        // What it talks to is away. A process would be started again, and so is this one.
        await service.stop();
      }
    }
  }

  #born(): [Life, Service] {
    const life = new Life(this.#context);
    const { environment } = life;
    const { kafka, surroundings } = this.#context;
    const { logger, wireClock, transit } = environment;
    const service = this.#make({
      ...this.#context,
      ...environment,
      life,
      kafka: { ...kafka, logger, wireClock, transit, lifeline: life },
      surroundings: { ...surroundings, mqtt: { ...surroundings.mqtt, lifeline: life } },
    });
    life.onceOver(() => {
      this.#bury(service);
      this.#onKilled(this.name);
    });
    return [life, service];
  }

  #bury(service: Service): void {
    const done = this.#context.transit.begin('kafka', `the remains of ${this.name}`);
    const buried = service
      .stop()
      // It was cut off in the middle of whatever it did: how its parts fail now tells nothing.
      .catch(() => undefined)
      .finally(() => {
        done();
        this.#burials.delete(buried);
      });
    this.#burials.add(buried);
  }
}
