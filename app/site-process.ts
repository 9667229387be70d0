import { Registry } from 'prom-client';
import type { Clock } from '../contracts/clock.ts';
import type { Config } from '../contracts/config.ts';
import { SmokewireError } from '../contracts/errors.ts';
import type { DetectorAction, GroupView, Readiness, SiteView } from '../contracts/http.ts';
import type { Channel } from '../contracts/kafka-topics.ts';
import type { Logger } from '../contracts/logger.ts';
import { createMetrics } from '../contracts/metrics.ts';
import type { Random } from '../contracts/random.ts';
import { CANARY_PERIOD_MS, type KafkaRole, MQTT_ONLY_ROLES, type Role } from '../contracts/roles.ts';
import type { Service } from '../contracts/service.ts';
import type { SiteEvent } from '../contracts/site-events.ts';
import { type Transit, unwatched } from '../contracts/transit.ts';
import { type SiteInfo, siteCounts } from '../panel/http/site.ts';
import { EventLog } from '../panel/model/event-log.ts';
import { ReadModel } from '../panel/model/read-model.ts';
import { CORRELATOR } from '../processors/correlator/correlator.ts';
import { Judge } from '../processors/watchdog/judge.ts';
import type { Canary } from '../simulators/canary.ts';
import type { Fleet } from '../simulators/fleet.ts';
import type { Valves } from '../simulators/valves.ts';
import { listGroups } from '../transport/kafka/admin.ts';
import { type KafkaClient, kafkaClient } from '../transport/kafka/client.ts';
import { ensureTopics, type TopicEnd, topicEnds } from '../transport/kafka/topics.ts';
import { assemble, type Parts } from './assembly.ts';
import { Embedded } from './embedded.ts';
import { recordedSettings } from './kit/record/recording.ts';
import { type Recording, RunRecorder } from './kit/record/recording-run.ts';
import { readStory } from './kit/story/read.ts';
import { tellStory } from './kit/story/tell.ts';
import { WalkNotes } from './kit/walk-test/walk.ts';
import { seededRandom } from './random.ts';
import type { RoleSlot } from './role-slot.ts';
import type { RoleContext } from './roles.ts';
import { siteInfo } from './site-info.ts';
import { Stages } from './stages.ts';

export interface SiteProcessOptions {
  readonly config: Config;
  readonly roles: readonly Role[];
  /** Whether the brokers without an address are started in this process. */
  readonly embed: boolean;
  /** The site's time. */
  readonly clock: Clock;
  /** The machine's time, which sockets live by. */
  readonly wireClock: Clock;
  /** Never the same twice: secrets and ids come of it. What is simulated follows the configuration's seed instead. */
  readonly random: Random;
  readonly logger: Logger;
  /** The wait before each further attempt at a send, in milliseconds. */
  readonly retryDelaysMs?: readonly number[];
  /** After how long an e-mail or SMS that is being sent counts as hanging, in milliseconds. */
  readonly sendTimeoutMs?: number;
  /** Is told all that is under way, from the start. */
  readonly transit?: Transit;
  /** Whether `clock` stands still between two instants; default false. */
  readonly virtualTime?: boolean;
  readonly onEvent?: (event: SiteEvent) => void;
  /** Reads Kafka beside the roles, from before anything is written. */
  readonly follower?: (client: KafkaClient) => Service;
  /** A file in which it is noted, when it stops, what the site was put through (docs/walk-test.md). */
  readonly walkTest?: string | undefined;
  /** How far a fleet has connected. */
  readonly onProgress?: (connected: number, detectors: number) => void;
}

/**
 * What one operating system process runs of a site: the embedded servers it needs, its roles, and the HTTP server over them.
 * It starts what reads before what writes, so that nothing has to be caught up with, and stops in the reverse order.
 */
export class SiteProcess {
  readonly embedded: Embedded;
  readonly events: EventLog;
  readonly model: ReadModel;
  readonly #options: SiteProcessOptions;
  /** What everything that is simulated is drawn from. */
  readonly seed: string;
  readonly #registry = new Registry();
  readonly #stages: Stages;
  readonly #walk: WalkNotes | undefined;
  #parts: Parts | undefined;
  #ready = false;
  #stopping: Promise<void> | undefined;

  constructor(options: SiteProcessOptions) {
    const { config, roles, embed, clock, wireClock, random, logger, transit = unwatched, onEvent } = options;
    this.#options = options;
    this.seed = config.seed ?? random.uuid().slice(0, 8);
    this.#stages = new Stages(logger);
    this.embedded = new Embedded({ config, roles, brokers: embed, clock, wireClock, random, logger, transit });
    this.events = new EventLog({ run: random.uuid().replaceAll('-', '') });
    this.model = new ReadModel({ events: this.events });
    if (options.walkTest) {
      this.#walk = new WalkNotes({ path: options.walkTest, site: config.site, model: this.model, events: this.events });
    }
    if (onEvent) {
      this.events.onEvent(({ event }) => {
        // Detectors that go because their site stops are no suspects.
        if (event.type !== 'detector.suspect' || !this.#stages.signal.aborted) onEvent(event);
      });
    }
  }

  /**
   * Resolves once every role is subscribed and every simulated detector is connected.
   * @throws SmokewireError PORT_IN_USE, KAFKA_UNREACHABLE, MQTT_UNREACHABLE, CONFIG_INVALID; STOPPED. Call `stop` then.
   */
  async start(): Promise<void> {
    const { roles } = this.#options;
    const stages = this.#stages;
    await stages.start(...this.embedded.services());
    const context = this.#context();
    const parts = assemble(context, {
      roles,
      registry: this.#registry,
      model: this.model,
      events: this.events,
      inboxes: this.embedded.inboxes,
      info: () => this.#info(),
      readiness: () => this.#readiness(),
      // Nobody has to wait for the session of a member that is known to be dead.
      onKilled: (role) => {
        const { topicPrefix, watchdogGroup } = this.#options.config;
        const groups = role === 'watchdog' ? [watchdogGroup, CORRELATOR] : [role];
        for (const group of groups) this.embedded.kafka?.faults.expel(topicPrefix + group);
      },
    });
    this.#parts = parts;
    await stages.start(parts.http);
    if (needsKafka(roles)) await ensureTopics(context.kafka, stages.signal);
    const { follower } = this.#options;
    await stages.start(...parts.readers, ...(follower ? [follower(context.kafka)] : []));
    await stages.start(...parts.bridges);
    await stages.start(...parts.sources);
    this.#ready = true;
    this.#walk?.ready();
  }

  /** Ends everything; when it resolves nothing is left running. May be called at any moment, and more than once. */
  stop(): Promise<void> {
    this.#ready = false;
    this.#walk?.stopping();
    this.#stopping ??= this.#stages.stop().then(() => this.#walk?.stopped());
    return this.#stopping;
  }

  /** Does something to a simulated detector. @throws SmokewireError DETECTOR_UNKNOWN, WAIT_TIMEOUT, STOPPED */
  async act(id: number, action: DetectorAction): Promise<void> {
    await this.fleet.act(id, action);
    this.#walk?.acted(action);
  }

  /** A fault began on purpose. */
  struck(fault: string): void {
    this.#walk?.struck(fault);
  }

  get fleet(): Fleet {
    return this.#part('fleet');
  }

  get valves(): Valves {
    return this.#part('valves');
  }

  get canary(): Canary {
    return this.#part('canary');
  }

  /** A role that can be killed. @throws SmokewireError NOT_READY where this process does not run it */
  slot(role: KafkaRole): RoleSlot {
    const slot = this.#part('slots').get(role);
    if (slot) return slot;
    throw new SmokewireError('NOT_READY', `this process does not run ${role}`);
  }

  /** Where the HTTP API answers. */
  get url(): string {
    return this.#part('http').url;
  }

  /** The site as the API shows it. */
  view(): SiteView {
    const counts = siteCounts(this.model);
    const { config, clock, roles } = this.#options;
    const simulates = roles.includes('detectors');
    return {
      ...this.#info(),
      ...counts,
      // Those that this process simulates count from the start, the others once they were heard of.
      detectors: Math.max(counts.detectors, simulates ? config.detectors : 0),
      floors: Math.max(counts.floors, simulates ? config.floors : 0),
      watchdogs: this.model.watchdogs.list(),
      uptimeMs: clock.now() - this.#part('startedAt'),
    };
  }

  groups(): Promise<GroupView[]> {
    return listGroups(this.#part('kafka'));
  }

  /** What has to end before the site does. */
  attach(service: Service): Promise<void> {
    return this.#stages.start(service);
  }

  /** Where each partition of the site's topics ends. */
  topicEnds(): Promise<TopicEnd[]> {
    return topicEnds(this.#part('kafka'));
  }

  /** Records what enters the site from now on, and what people are to be told of it. */
  async record(): Promise<Recording> {
    const { config, clock } = this.#options;
    const recorder = new RunRecorder({ client: this.#part('kafka'), clock, settings: recordedSettings(config) });
    const start = () => recorder.start();
    await this.#stages.start({ name: 'recording', start, stop: () => recorder.cancel(), missing: () => [] });
    return recorder;
  }

  /**
   * The story of a subject, or of everything, in lines for people; `isBeingSent` says of a notice whether it is being sent.
   * @throws SmokewireError KAFKA_UNREACHABLE where Kafka does not give its records
   */
  async story(subject: string | undefined, isBeingSent: (channel: Channel, id: string) => boolean): Promise<string> {
    const { config, clock, wireClock } = this.#options;
    const { misses, grace: graceMs } = config;
    const judge = new Judge({ misses, graceMs, canaryPeriodMs: CANARY_PERIOD_MS });
    const { state, since } = this.model.pipeline;
    const records = await readStory(this.#part('kafka'), wireClock);
    return tellStory(subject, records, {
      now: clock.now(),
      groups: await this.groups(),
      pipelineSilentSince: state === 'silent' && since !== null ? Date.parse(since) : undefined,
      windowMs: (heartbeatMs) => judge.windowMs({ heartbeatMs }),
      isBeingSent,
    });
  }

  #context(): RoleContext {
    const {
      config,
      clock,
      wireClock,
      random,
      logger,
      retryDelaysMs,
      sendTimeoutMs,
      transit = unwatched,
      virtualTime = false,
      onProgress = () => {},
    } = this.#options;
    const surroundings = this.embedded.surroundings();
    return {
      config,
      surroundings,
      kafka: kafkaClient({
        brokers: surroundings.kafka,
        clientId: `smokewire-${config.site}`,
        instance: config.instance,
        topicPrefix: config.topicPrefix,
        logger,
        wireClock,
        transit,
        prompt: virtualTime,
      }),
      clock,
      wireClock,
      random,
      simulation: seededRandom(this.seed),
      logger,
      metrics: createMetrics(this.#registry),
      transit,
      virtualTime,
      brokerInProcess: this.embedded.mqtt !== undefined,
      retryDelaysMs,
      sendTimeoutMs,
      onProgress,
    };
  }

  #readiness(): Readiness {
    const missing = this.#stages.missing();
    return {
      ready: this.#ready && missing.length === 0,
      missing: this.#ready ? missing : [...missing, 'still starting'],
    };
  }

  #info(): SiteInfo {
    const { config, roles } = this.#options;
    return siteInfo({ config, roles, seed: this.seed, api: this.url, surroundings: this.embedded.surroundings() });
  }

  #part<K extends keyof Parts>(name: K): NonNullable<Parts[K]> {
    const part = this.#parts?.[name];
    if (part === undefined || part === null) {
      throw new SmokewireError('NOT_READY', `this process has no ${name}, or has not started it yet`);
    }
    return part;
  }
}

function needsKafka(roles: readonly Role[]): boolean {
  return roles.some((role) => !MQTT_ONLY_ROLES.includes(role));
}
