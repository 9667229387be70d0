import type { Clock } from '../../contracts/clock.ts';
import type { Logger } from '../../contracts/logger.ts';
import { type Transit, unwatched } from '../../contracts/transit.ts';
import { type Lifeline, UNCUT } from '../lifeline.ts';

/** How to reach a Kafka cluster; the parts that speak to it make their own connections of it. */
export interface KafkaClient {
  /** `host:port` of one broker or more; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** How the brokers' logs call this process. */
  readonly clientId: string;
  /** What this process is called in its consumer groups, also after a restart; without it each start is a new member. */
  readonly instance?: string | undefined;
  /** Put before each topic and group, so that sites can share a cluster. */
  readonly topicPrefix: string;
  readonly logger: Logger;
  /** Time as sockets live by it: retries, heartbeats, sessions. */
  readonly wireClock: Clock;
  /** How long a first connection may take before KAFKA_UNREACHABLE, in milliseconds. */
  readonly connectTimeoutMs: number;
  readonly lifeline: Lifeline;
  /** Is told what is on its way to Kafka and from it. */
  readonly transit: Transit;
  /**
   * Whether nothing is gathered for a while before it is read or committed: gathering spares work where time passes, and
   * only holds up a site whose time stands still.
   */
  readonly prompt: boolean;
}

export function kafkaClient(
  options: Pick<KafkaClient, 'brokers' | 'clientId' | 'logger' | 'wireClock'> &
    Partial<Pick<KafkaClient, 'instance' | 'topicPrefix' | 'connectTimeoutMs' | 'lifeline' | 'transit' | 'prompt'>>,
): KafkaClient {
  return { topicPrefix: '', connectTimeoutMs: 5_000, lifeline: UNCUT, transit: unwatched, prompt: false, ...options };
}
