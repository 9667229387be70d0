import { type Config, parseConfig } from '../../contracts/config.ts';
import type { DeadLetterView } from '../../contracts/http.ts';
import type { Logger } from '../../contracts/logger.ts';
import { ROLES } from '../../contracts/roles.ts';
import type { Service } from '../../contracts/service.ts';
import type { SiteEvent } from '../../contracts/site-events.ts';
import { TopicReader } from '../../transport/kafka/reader.ts';
import { realClock } from '../clock.ts';
import { realRandom, seededRandom } from '../random.ts';
import { SiteProcess } from '../site-process.ts';
import { ErrorLog } from './error-log.ts';
import type { Happened } from './expected.ts';
import { Ledger } from './ledger.ts';
import { SENT_TOPICS, Sent } from './sent.ts';
import { Settling } from './settling.ts';
import { realTime, type SiteTime, virtualTime } from './site-time.ts';
import { placeOf } from './story/hops.ts';
import { Turns } from './turns.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface WatchedProcessOptions {
  readonly walkTest: string | undefined;
  readonly virtual: boolean;
  readonly logger: Logger;
  readonly retryDelaysMs: readonly number[] | undefined;
  readonly sendTimeoutMs: number | undefined;
  readonly settings: object;
}

/** The seed of a virtual site that is given none: a test that fails today fails tomorrow too. */
const VIRTUAL_SEED = 'smokewire';

/** A process with a whole site in it, and what the kit sees of it: its time, what is under way in it, and what happened. */
export class WatchedProcess {
  readonly config: Config;
  readonly process: SiteProcess;
  readonly ledger: Ledger;
  readonly time: SiteTime;
  readonly sent = new Sent();
  readonly #settling: Settling;
  readonly #events: SiteEvent[] = [];
  readonly #errors: ErrorLog;
  /** Dead letters that were there before. */
  #buried: ReadonlySet<string> = new Set();

  /** @throws SmokewireError CONFIG_INVALID */
  constructor({ walkTest, virtual, logger, retryDelaysMs, sendTimeoutMs, settings }: WatchedProcessOptions) {
    const config = parseConfig(virtual ? { seed: VIRTUAL_SEED, ...settings } : settings);
    this.config = config;
    const turns = new Turns();
    this.ledger = new Ledger(virtual ? turns : undefined);
    this.#settling = new Settling(this.ledger, realClock, turns);
    const settled = () => this.#settling.settled();
    this.time = virtual ? virtualTime(new VirtualClock(settled), settled, turns) : realTime(realClock, settled);
    this.#errors = new ErrorLog(() => this.time.clock.now());
    this.process = new SiteProcess({
      walkTest,
      config,
      roles: ROLES,
      embed: true,
      clock: this.time.clock,
      wireClock: realClock,
      random: virtual && config.seed !== undefined ? seededRandom(config.seed).fork('ids') : realRandom,
      logger: this.#errors.wrap(logger),
      transit: this.ledger,
      virtualTime: virtual,
      follower: (client) =>
        new TopicReader({
          client,
          name: 'notifications',
          topics: SENT_TOPICS,
          onRecord: (record) => this.sent.apply(record),
        }),
      ...(retryDelaysMs && { retryDelaysMs }),
      ...(sendTimeoutMs !== undefined && { sendTimeoutMs }),
    });
    this.process.events.onEvent(({ event }) => void this.#events.push(event));
  }

  /** @param attached what has to end before the site does */
  async start(attached: Service): Promise<void> {
    await this.time.done(this.process.start());
    await this.process.attach(attached);
    this.#buried = new Set(this.deadLetters().map(placeOf));
  }

  stop(): Promise<void> {
    this.#settling.stop();
    return this.process.stop();
  }

  /** Resolves when the site has settled, with what others wrote by now. @throws SmokewireError SETTLE_TIMEOUT */
  async settled(): Promise<void> {
    this.ledger.doubt();
    await this.time.settled();
    await this.#lookAtKafka();
    await this.time.settled();
  }

  /** What the site was told by now has passed through it; in virtual time, with which nothing else goes on, it has settled. */
  async passed(): Promise<void> {
    if (this.time.hands.kind === 'virtual') return await this.settled();
    await this.#lookAtKafka();
    await this.#settling.passed();
  }

  /** All events so far. */
  events(): SiteEvent[] {
    return [...this.#events];
  }

  /** What nobody could handle, newest first. */
  deadLetters(): DeadLetterView[] {
    return this.process.model.deadLetters.list({ limit: 1_000 });
  }

  /** What happened since the start of all that somebody should expect. */
  happened(): Happened {
    return {
      notifications: this.sent.list(),
      deadLetters: this.deadLetters().filter((letter) => !this.#buried.has(placeOf(letter))),
      errors: this.#errors.list(),
    };
  }

  /** The story of a subject, or of everything, in lines for people. @throws SmokewireError KAFKA_UNREACHABLE */
  story(subject: string | undefined): Promise<string> {
    return this.process.story(subject, (channel, id) => this.ledger.isUnderWay(channel, id));
  }

  /** Others may have written there, too. */
  async #lookAtKafka(): Promise<void> {
    for (const { topic, partition, end } of await this.process.topicEnds()) this.ledger.written(topic, partition, end);
  }
}
