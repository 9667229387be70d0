import type { Clock } from '../../contracts/clock.ts';
import type { Metrics } from '../../contracts/metrics.ts';
import type { Service } from '../../contracts/service.ts';
import type { KafkaClient } from './client.ts';
import { SupervisedConsumer } from './consumer.ts';
import { Lane } from './lane.ts';
import { Producer } from './producer.ts';
import { rekey } from './rekey.ts';
import type { RecordSink, TaskDefinition } from './types.ts';

export interface TaskRunnerOptions {
  readonly client: KafkaClient;
  readonly definition: TaskDefinition;
  /** The site's time: what steps see as `now`, and what their deadlines are measured by. */
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Where emissions are written, whose life is its owner's; without it the runner has a producer of its own. */
  readonly sink?: RecordSink;
}

/**
 * Runs a role: a consumer group whose members each hold partition `p` of all of the role's topics, with one task for each.
 * Ready when the tasks of its partitions are restored. When partitions move, tasks are dropped, and made anew from their
 * tables by the next owner.
 */
export class TaskRunner implements Service {
  readonly name: string;
  readonly #producer: Producer | undefined;
  readonly #consumer: SupervisedConsumer;

  constructor({ client, definition, clock, metrics, sink }: TaskRunnerOptions) {
    const { role, inputs, tables = [], lingerMs = 0, yieldMs = 0 } = definition;
    this.name = role;
    const log = client.logger.child({ role });
    let target = sink;
    if (!target) {
      this.#producer = new Producer({ client, role, metrics });
      target = this.#producer;
    }
    this.#consumer = new SupervisedConsumer({
      client,
      role,
      topics: [...inputs, ...tables],
      lingerMs,
      yieldMs,
      metrics,
      prepare: (preparation) => rekey({ ...preparation, client, definition, sink: target }),
      begin: (claim) => new Lane({ claim, definition, sink: target, clock, log, metrics }),
    });
  }

  async start(): Promise<void> {
    await Promise.all([this.#producer?.start(), this.#consumer.start()]);
  }

  /** Lets the running batches end, commits, leaves the group. */
  async stop(): Promise<void> {
    await this.#consumer.stop();
    await this.#producer?.stop();
  }

  missing(): readonly string[] {
    return [...(this.#producer?.missing() ?? []), ...this.#consumer.missing()];
  }
}
