import type { Metrics } from '../contracts/metrics.ts';
import type { Service } from '../contracts/service.ts';
import type { Claim, Work } from '../transport/kafka/claim.ts';
import type { KafkaClient } from '../transport/kafka/client.ts';
import { SupervisedConsumer } from '../transport/kafka/consumer.ts';

/** What a notifier asks of its consumer group. */
export interface GroupWork {
  /** The group's name, without prefix. */
  readonly role: string;
  readonly topics: readonly string[];
  /** Begins the work on a partition that was gained. */
  readonly begin: (claim: Claim) => Work;
}

/** Makes a member of a consumer group; it is not started. */
export type Feed = (work: GroupWork) => Service;

/** A member of a real one. */
export function kafkaFeed({ client, metrics }: { readonly client: KafkaClient; readonly metrics: Metrics }): Feed {
  return (work) => new SupervisedConsumer({ client, metrics, ...work });
}
