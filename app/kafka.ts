/** `smokewire/kafka`: the embedded Kafka broker by itself. */
import type { KafkaFaults } from '../brokers/kafka/faults/types.ts';
import { KafkaBroker } from '../brokers/kafka/index.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Logger } from '../contracts/logger.ts';
import { realClock } from './clock.ts';
import { silentLogger } from './logger.ts';
import { realRandom } from './random.ts';

export type {
  Fault,
  Interception,
  KafkaErrorName,
  KafkaFaults,
  Moment,
  RequestIdentity,
  Rule,
  RuleOptions,
  SeenRecord,
  SeenRequest,
} from '../brokers/kafka/faults/types.ts';
export type { Clock, Timer } from '../contracts/clock.ts';
export { type ErrorCode, SmokewireError } from '../contracts/errors.ts';
export type { Logger } from '../contracts/logger.ts';

export interface KafkaOptions {
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one, kept when the broker is started again. */
  readonly port?: number;
  /** Partitions of a topic that is made without a number. Default 4. */
  readonly defaultPartitions?: number;
  /** Whether a topic that a client asks for is made. Default true. */
  readonly autoCreateTopics?: boolean;
  /** The largest batch, in bytes, where its topic has no `max.message.bytes`. Default 1,048,588. */
  readonly maxMessageBytes?: number;
  /** Connections at a time; more are refused. Default 20,000. */
  readonly maxConnections?: number;
  /** Bytes that all connections together may hold of requests that are not begun; then the largest goes. Default 256 MiB. */
  readonly maxBufferedBytes?: number;
  /** What a partition keeps, in bytes, where its topic has no `retention.bytes`. Default 64 MiB; −1 keeps all. */
  readonly retentionBytes?: number;
  /** The longest that a fetch waits, whatever its client asks, in milliseconds. Default 500. */
  readonly maxFetchWaitMs?: number;
  /** The shortest session that a group's member may ask for, in milliseconds. Default 6,000. */
  readonly minSessionTimeoutMs?: number;
  /**
   * The folder in which topics, records and committed offsets are kept, for the next broker that is started on it; made
   * when it is not there. Without one they are in memory, and gone with the process.
   */
  readonly data?: string;
  /** The time of sessions, retention, waits and delays. The machine's own by default. */
  readonly clock?: Clock;
  /** Silent unless given. */
  readonly logger?: Logger;
}

/** A Kafka broker that listens. */
export interface Kafka {
  /** `host:port`, as clients want it in their list of brokers. */
  readonly address: string;
  readonly port: number;
  /** What is to go wrong: requests that fail, hang or lose their answer, a broker that pauses, a group that rebalances. */
  readonly faults: KafkaFaults;
  /** Drops every client and listens no more; what is stored is there again after `start`. Works twice. */
  stop(): Promise<void>;
  /** Listens again, at the same address. */
  start(): Promise<void>;
}

/**
 * Starts a Kafka broker in this process, for unmodified clients; docs/kafka-coverage.md says how much of Kafka it is.
 * Rejects with a SmokewireError: PORT_IN_USE, or START_FAILED for an address or a folder that cannot be used.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const broker = new KafkaBroker({ clock: realClock, logger: silentLogger, random: realRandom, ...options });
  await broker.start();
  const { address, port, faults } = broker;
  return { address, port, faults, stop: () => broker.stop(), start: () => broker.start() };
}
