import type { Clock } from '../../contracts/clock.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Random } from '../../contracts/random.ts';
import type { Service } from '../../contracts/service.ts';
import { Faults } from './faults/faults.ts';
import type { KafkaFaults } from './faults/types.ts';
import { Groups } from './groups.ts';
import { REGISTRY } from './registry.ts';
import type { BrokerState } from './request.ts';
import { Rounds } from './rounds.ts';
import { hostAndPort, Listener, type ListenerOptions } from './server.ts';
import { Storage } from './storage/storage.ts';
import { NO_STORE, type Store } from './store.ts';
import { Topics } from './topics.ts';
import { Transactions } from './transactions.ts';

export type * from './faults/types.ts';

export interface KafkaBrokerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Default 127.0.0.1. Clients are told to come here; with 0.0.0.0 or ::, by the address that they came by. */
  readonly host?: string;
  /** Default 0: any free one, kept when the broker is started again. */
  readonly port?: number;
  /** Partitions of a topic that is made without a number. Default 4. */
  readonly defaultPartitions?: number;
  /** Whether asking for a topic's metadata makes it, where the client allows it. Default true. */
  readonly autoCreateTopics?: boolean;
  /** Default of `max.message.bytes`: the largest batch. 1,048,588, as in Apache Kafka. */
  readonly maxMessageBytes?: number;
  /** The largest request. Default 16 MiB. */
  readonly maxFrameBytes?: number;
  /** Connections at a time; more are refused. Default 20,000. */
  readonly maxConnections?: number;
  /** What all connections together may hold of requests that are not begun; then the largest goes. Default 256 MiB. */
  readonly maxBufferedBytes?: number;
  /** Default of `retention.bytes`: what a partition keeps, by whole slabs of at most 1 MiB. 64 MiB; −1 keeps all. */
  readonly retentionBytes?: number;
  /** A fetch waits at most this long whatever the client asks, so that it hears of a rebalance. Default 500 ms. */
  readonly maxFetchWaitMs?: number;
  /** The shortest session a member may ask for. Default 6,000 ms, as in Apache Kafka. */
  readonly minSessionTimeoutMs?: number;
  /** The longest. Default 30 minutes, as in Apache Kafka. */
  readonly maxSessionTimeoutMs?: number;
  /** The folder in which everything is kept, made when it is not there. Without one it is gone with the process. */
  readonly data?: string;
}

/**
 * A Kafka broker in this process: the wire protocol over TCP, for unmodified clients (docs/kafka-coverage.md says how much
 * of it). Stopping drops every connection and group member; topics and committed offsets are there again when the same
 * object is started once more, as after an outage, and with `data` in any other process too.
 */
export class KafkaBroker implements Service {
  readonly name = 'kafka broker';
  readonly #host: string;
  readonly #limits: Pick<ListenerOptions, 'maxFrameBytes' | 'maxConnections' | 'maxBufferedBytes'>;
  readonly #logger: Logger;
  readonly #faults: Faults;
  readonly #broker: BrokerState;
  readonly #storage: Storage | undefined;
  #restored = false;
  #port: number;
  #listener: Listener | undefined;
  #starting: Promise<void> | undefined;
  #ready = false;

  constructor(options: KafkaBrokerOptions) {
    const { clock, random, logger, host = '127.0.0.1', port = 0 } = options;
    this.#host = host;
    this.#port = port;
    this.#limits = {
      maxFrameBytes: options.maxFrameBytes ?? 16 * MIB,
      maxConnections: options.maxConnections ?? 20_000,
      maxBufferedBytes: options.maxBufferedBytes ?? 256 * MIB,
    };
    this.#logger = logger;
    const clusterId = random.uuid();
    this.#storage = options.data === undefined ? undefined : new Storage({ folder: options.data, clock, logger });
    this.#broker = emptyBroker(options, clusterId, clock, this.#storage);
    this.#faults = new Faults(this.#broker, (still) => ({
      ...emptyBroker(options, clusterId, still),
      topics: this.#broker.topics,
    }));
  }

  /** What is to go wrong, for tests. */
  get faults(): KafkaFaults {
    return this.#faults;
  }

  /** Listens. Throws PORT_IN_USE, or START_FAILED for an address or a folder that cannot be used. */
  async start(): Promise<void> {
    this.#starting ??= this.#listen();
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
  }

  async stop(): Promise<void> {
    // A listener that is about to listen can only be closed once it does.
    await Promise.allSettled([this.#starting]);
    this.#starting = undefined;
    this.#ready = false;
    this.#broker.groups.dissolve();
    this.#broker.transactions.suspend();
    await this.#listener?.close();
    await this.#storage?.close();
  }

  missing(): readonly string[] {
    return this.#ready ? [] : ['the Kafka broker does not listen'];
  }

  /** `host:port` for clients on this machine. Throws NOT_READY before the start. */
  get address(): string {
    if (!this.#ready) throw new SmokewireError('NOT_READY', 'the Kafka broker does not listen yet');
    return hostAndPort(LOOPBACK.get(this.#host) ?? this.#host, this.#port);
  }

  /** The port that it listens on, or last listened on; 0 before the first start of one that takes any. */
  get port(): number {
    return this.#port;
  }

  async #listen(): Promise<void> {
    const logger = this.#logger;
    const listener = new Listener({
      host: this.#host,
      ...this.#limits,
      broker: this.#broker,
      faults: this.#faults,
      logger,
    });
    this.#listener = listener;
    try {
      await this.#openStorage();
      await listener.listen(this.#port);
    } catch (error) {
      await this.#storage?.close();
      throw error;
    }
    this.#port = listener.port;
    this.#broker.transactions.resume();
    this.#ready = true;
    logger.debug({ host: this.#host, port: this.#port }, 'kafka broker listens');
  }

  async #openStorage(): Promise<void> {
    const storage = this.#storage;
    if (!storage) return;
    await storage.open();
    const { restore } = await import('./storage/restore.ts');
    if (!this.#restored) restore(this.#broker, storage);
    this.#restored = true;
  }
}

const MIB = 1024 * 1024;

/** Where one's own machine reaches a listener on all addresses. */
const LOOPBACK = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** `transaction.max.timeout.ms` of Apache Kafka. */
const MAX_TRANSACTION_TIMEOUT_MS = 900_000;

function emptyBroker(
  options: KafkaBrokerOptions,
  clusterId: string,
  clock: Clock,
  store: Store = NO_STORE,
): BrokerState {
  const { random, defaultPartitions = 4 } = options;
  const topics = new Topics({
    clock,
    random,
    defaultPartitions,
    defaults: {
      retentionBytes: options.retentionBytes ?? 64 * MIB,
      maxMessageBytes: options.maxMessageBytes ?? 1_048_588,
    },
    store,
  });
  const groups = new Groups({
    clock,
    random,
    minSessionTimeoutMs: options.minSessionTimeoutMs ?? 6_000,
    maxSessionTimeoutMs: options.maxSessionTimeoutMs ?? 1_800_000,
    store,
  });
  return {
    apis: REGISTRY,
    clock,
    clusterId,
    topics,
    groups,
    transactions: new Transactions({ clock, topics, groups, maxTimeoutMs: MAX_TRANSACTION_TIMEOUT_MS, store }),
    autoCreateTopics: options.autoCreateTopics ?? true,
    defaultPartitions,
    maxFetchWaitMs: options.maxFetchWaitMs ?? 500,
    fetchWaits: new Rounds(clock, 'kafka fetch wait'),
  };
}
