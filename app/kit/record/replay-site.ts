import { Registry } from 'prom-client';
import type { Config } from '../../../contracts/config.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import type { Logger } from '../../../contracts/logger.ts';
import { createMetrics } from '../../../contracts/metrics.ts';
import { kafkaClient } from '../../../transport/kafka/client.ts';
import { Producer } from '../../../transport/kafka/producer.ts';
import { TopicReader } from '../../../transport/kafka/reader.ts';
import { ensureTopics } from '../../../transport/kafka/topics.ts';
import { realClock } from '../../clock.ts';
import { Embedded } from '../../embedded.ts';
import { seededRandom } from '../../random.ts';
import { RoleSlot } from '../../role-slot.ts';
import { ROLE_SERVICES, type RoleContext } from '../../roles.ts';
import { Stages } from '../../stages.ts';
import { Ledger } from '../ledger.ts';
import { Settling } from '../settling.ts';
import { Turns } from '../turns.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { OUTCOME_TOPICS } from './recording.ts';

/** Those who decide what is told. Nobody is told anything: there are no notifiers, and no building. */
const ROLES = ['filter', 'floor-controller', 'watchdog', 'router'] as const;

export interface ReplaySiteOptions {
  readonly config: Config;
  /** When its time begins, milliseconds since the epoch. */
  readonly begin: number;
  readonly logger: Logger;
  readonly onOutcome: (record: InRecord) => void;
}

/** The processors on brokers of their own, in virtual time; what comes from outside is written to their Kafka. */
export class ReplaySite {
  readonly #options: ReplaySiteOptions;
  readonly #turns = new Turns();
  readonly #ledger = new Ledger(this.#turns);
  readonly #settling = new Settling(this.#ledger, realClock, this.#turns);
  readonly #clock: VirtualClock;
  readonly #stages: Stages;
  #context: RoleContext | undefined;
  #producer: Producer | undefined;

  constructor(options: ReplaySiteOptions) {
    this.#options = options;
    this.#stages = new Stages(options.logger);
    this.#clock = new VirtualClock(() => this.settled(), options.begin);
  }

  /** Starts Kafka, and reading the outcomes; the processors are started by `begin`. */
  async start(): Promise<void> {
    const { config, logger, onOutcome } = this.#options;
    const random = seededRandom('replay');
    const time = { clock: this.#clock, wireClock: realClock };
    const transit = this.#ledger;
    const embedded = new Embedded({ config, roles: ROLES, brokers: true, ...time, random, logger, transit });
    await this.#stages.start(...embedded.services());
    const surroundings = embedded.surroundings();
    const kafka = kafkaClient({
      brokers: surroundings.kafka,
      clientId: 'smokewire-replay',
      logger,
      wireClock: realClock,
      transit,
      prompt: true,
    });
    const metrics = createMetrics(new Registry());
    await ensureTopics(kafka, this.#stages.signal);
    this.#producer = new Producer({ client: kafka, role: 'replay', metrics });
    const topics = new Map(OUTCOME_TOPICS.map((topic) => [topic, 'beginning' as const]));
    await this.#stages.start(
      this.#producer,
      new TopicReader({ client: kafka, name: 'replay', topics, onRecord: onOutcome }),
    );
    this.#context = {
      config,
      surroundings,
      kafka,
      ...time,
      random,
      simulation: random,
      logger,
      metrics,
      transit,
      virtualTime: true,
      brokerInProcess: true,
      retryDelaysMs: undefined,
      sendTimeoutMs: undefined,
      onProgress: () => {},
    };
  }

  /** Starts the processors, on what was written until now. */
  async begin(): Promise<void> {
    const context = this.#context;
    if (!context) throw new Error('a replay begins after its start');
    const nothing = () => {};
    await this.#stages.start(
      ...ROLES.map((role) => new RoleSlot({ role, context, make: ROLE_SERVICES[role], onKilled: nothing })),
    );
    await this.settled();
  }

  /** Lets time pass up to an instant, milliseconds since the epoch. */
  async until(at: number): Promise<void> {
    await this.#clock.advance(Math.max(0, at - this.#clock.now()));
  }

  /** Writes records to Kafka, and returns once all that they bring about at this instant has happened. */
  async write(records: readonly OutRecord[]): Promise<void> {
    await this.#producer?.send(records);
    await this.settled();
  }

  settled(): Promise<void> {
    return this.#settling.settled();
  }

  stop(): Promise<void> {
    return this.#stages.stop();
  }
}
