import { messageOf, SmokewireError } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Metrics } from '../../contracts/metrics.ts';
import type { Service } from '../../contracts/service.ts';
import type { Ended } from '../../contracts/transit.ts';
import type { Assignment } from './assigner.ts';
import { Backoff, withinMs } from './backoff.ts';
import type { Claim, Work } from './claim.ts';
import type { KafkaClient } from './client.ts';
import { type Deferred, deferred } from './deferred.ts';
import { errorFields, stopped } from './errors.ts';
import { Generation, HEARTBEAT_MS } from './generation.ts';
import { evenPartitions } from './growth.ts';
import { Link } from './link.ts';
import { isFenced, isWorthJoiningAgain, Membership } from './membership.ts';

/** How long the coordinator may take to see a member off, in milliseconds. */
const LEAVE_MS = 500;

/** What is at hand before partitions are dealt out. */
export interface Preparation {
  readonly link: Link;
  readonly membership: Membership;
  readonly partitions: number;
  /** Aborts when the consumer is stopped. */
  readonly signal: AbortSignal;
}

export interface ConsumerOptions {
  readonly client: KafkaClient;
  /** The role's name; with the client's prefix it is the group's id. */
  readonly role: string;
  /** Topics that the group owns, without prefix; they have as many partitions each. */
  readonly topics: readonly string[];
  /** As of the fetch loop: how long to rest after a fetch that brought records, in milliseconds. */
  readonly lingerMs?: number;
  /** As of the fetch loop: how long what was read leaves the process to more urgent work, in milliseconds. */
  readonly yieldMs?: number;
  readonly metrics: Metrics;
  /**
   * Is called by the one who deals out the partitions, before it does so, with how many there are: nobody of the group works
   * until it resolves.
   */
  readonly prepare?: (preparation: Preparation) => Promise<void>;
  /** Begins the work on a partition that this member has gained; `claim.read` says from where. */
  readonly begin: (claim: Claim) => Work;
}

/**
 * A member of a consumer group that cannot be lost: whatever ends its session with Kafka, it makes new connections and joins
 * again, and is not ready meanwhile. Only where a newer process has its name in the group it is over, and never ready again. kafkajs' own consumer stops for good on an error that it calls non-retriable (659, 1441),
 * sends heartbeats only between batches (1396) and waits out the fetch that it has parked before it stops.
 */
export class SupervisedConsumer implements Service {
  readonly name: string;
  readonly #options: ConsumerOptions;
  readonly #log: Logger;
  readonly #membership: Membership;
  readonly #stop = new AbortController();
  readonly #started: Deferred<void> = deferred<void>();
  #running: Promise<void> | undefined;
  /** Told while it is on its way into the group. */
  #joining: Ended | undefined;
  #generation: Generation | undefined;
  #fenced = false;

  constructor(options: ConsumerOptions) {
    const { role, topics } = options;
    this.name = role;
    this.#log = options.client.logger.child({ role });
    const client = { ...options.client, logger: this.#log };
    this.#options = { ...options, client };
    this.#membership = new Membership({
      groupId: client.topicPrefix + role,
      topics: topics.map((topic) => client.topicPrefix + topic),
      instance: client.instance,
    });
  }

  /** Resolves when the member has its partitions and is caught up with their tables; KAFKA_UNREACHABLE where nobody answers. */
  async start(): Promise<void> {
    this.#running ??= this.#run().finally(() => this.#joined());
    await this.#started.promise;
  }

  /** Lets the running batches end, commits, leaves the group. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#started.reject(stopped(this.name));
    await this.#running;
  }

  missing(): readonly string[] {
    if (this.#fenced) return [`${this.name}: another process of the same instance has taken its place`];
    return this.#generation ? this.#generation.missing() : [`${this.name}: not in its group yet`];
  }

  async #run(): Promise<void> {
    const { client, metrics, role, topics } = this.#options;
    this.#joining = client.transit.begin('kafka', `${role} connects`);
    const backoff = new Backoff(client.wireClock, 'kafka consumer restart');
    let patient = false;
    while (!this.#stop.signal.aborted) {
      const link = new Link(client);
      const cut = () => {
        // While it serves a generation, that ends in order; everything else is cut short.
        if (!this.#generation) link.close();
      };
      this.#stop.signal.addEventListener('abort', cut, { once: true });
      try {
        await link.open(
          topics.map((topic) => client.topicPrefix + topic),
          this.#stop.signal,
          { patient },
        );
        patient = true;
        await this.#serve(link, backoff);
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        if (isFenced(error)) return this.#end(error);
        if (!patient) return this.#started.reject(error);
        metrics.consumerRestarts.inc({ role });
        this.#log.warn(errorFields(error), 'the consumer lost its session; making a new one');
        this.#joining ??= client.transit.begin('kafka', `${role} connects`);
        await backoff.wait(this.#stop.signal);
      } finally {
        this.#stop.signal.removeEventListener('abort', cut);
        link.close();
      }
    }
  }

  /** Lives through generations of the group until it is stopped; throws when the session is lost. */
  async #serve(link: Link, backoff: Backoff): Promise<void> {
    const { client, role, topics, lingerMs = 0, yieldMs = 0, begin } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#joining ??= client.transit.begin('kafka', `${role} joins its group`);
      let assignment: Assignment;
      try {
        assignment = await this.#membership.join(link, () => this.#count(link));
      } catch (error) {
        if (!isWorthJoiningAgain(error)) throw error;
        // Another member came or went while this one joined, or the coordinator is not ready: the next try is a new round.
        this.#log.debug({ error: messageOf(error) }, 'joining again');
        await backoff.wait(this.#stop.signal);
        continue;
      }
      const generation = new Generation({
        client,
        link,
        membership: this.#membership,
        topics,
        assignment,
        lingerMs,
        yieldMs,
      });
      this.#generation = generation;
      try {
        this.#log.debug({ ...assignment }, 'joined the group');
        await generation.serve(begin, this.#stop.signal, () => {
          backoff.reset();
          this.#joined();
          this.#started.resolve();
        });
      } finally {
        this.#generation = undefined;
      }
    }
    await withinMs(client.wireClock, LEAVE_MS, this.#membership.leave());
  }

  /** How many partitions there are to deal out, once what has to be done before is done. */
  async #count(link: Link): Promise<number> {
    const { client, topics, prepare } = this.#options;
    const { signal } = this.#stop;
    // The coordinator takes the leader for dead unless it hears of it.
    const beats = client.wireClock.every('kafka heartbeat', HEARTBEAT_MS, () => {
      this.#membership.heartbeat(link).catch((error: unknown) => {
        this.#log.debug(errorFields(error), 'a heartbeat failed before the partitions were dealt out');
      });
    });
    try {
      const partitions = await evenPartitions(client, link, topics, signal);
      await prepare?.({ link, membership: this.#membership, partitions, signal });
      return partitions;
    } finally {
      beats.cancel();
    }
  }

  #end(reason: unknown): void {
    this.#fenced = true;
    this.#log.error(errorFields(reason), 'another process of the same instance has taken its place; this one is over');
    const what = `another process of the same instance has the place of ${this.name}`;
    this.#started.reject(new SmokewireError('START_FAILED', what, { cause: reason }));
  }

  #joined(): void {
    this.#joining?.();
    this.#joining = undefined;
  }
}
