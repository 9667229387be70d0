import { batchOf } from '../../../brokers/kafka/wire.ts';
import { at, type Fields, numberAt, type Value } from '../protocol/values.ts';
import type { Outcome } from './history.ts';
import { isPassing } from './link.ts';
import type { Client } from './world.ts';

const OUT_OF_ORDER = 45;
/**
 * UNKNOWN_SERVER_ERROR, NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT, KAFKA_STORAGE_ERROR: a broker that stops, or whose replicas are
 * late, says so of what it has written already (Apache Kafka's DelayedProduce).
 */
const IN_DOUBT: ReadonlySet<Value> = new Set([-1, 6, 7, 56]);
/** So often a batch is sent again before its producer gives up. */
const MOST_ATTEMPTS = 40;

export interface Sender {
  readonly name: string;
  readonly transactionalId: string | null;
  /** Undefined for a producer that does not number its batches. */
  readonly numbered: { readonly producerId: number; readonly epoch: number } | undefined;
}

/** A batch on its way. */
interface Flying {
  readonly begin: number;
  readonly values: readonly string[];
  readonly batch: Buffer;
  attempts: number;
  /** Whether an attempt was not answered, or by no clear word, so that the batch may be there whatever is said of it later. */
  inDoubt: boolean;
  outcome: Outcome | undefined;
  baseOffset: number;
}

/** Sends batches of one producer to partitions, and writes down what came of it. */
export class Sending {
  readonly #client: Client;
  readonly #sender: Sender;
  readonly #sequences = new Map<number, number>();
  #made = 0;

  constructor(client: Client, sender: Sender) {
    this.#client = client;
    this.#sender = sender;
  }

  /** So many batches to one partition, all in flight at once. The worst of the outcomes. */
  async burst(partition: number, batches: number, transaction: string | null = null): Promise<Outcome> {
    const { recorder } = this.#client.world;
    const flying = Array.from({ length: batches }, () => this.#batch(partition));
    while (flying.some(({ outcome }) => outcome === undefined)) await this.#attempt(partition, flying);
    const { name, numbered } = this.#sender;
    for (const { begin, values, attempts, outcome = 'unknown', baseOffset } of flying) {
      recorder.history.sends.push({
        ...recorder.since(begin, outcome),
        outcome,
        producer: name,
        session: numbered ? `${numbered.producerId}:${numbered.epoch}` : null,
        transaction,
        partition,
        attempts,
        values,
        baseOffset,
      });
    }
    const outcomes = flying.map(({ outcome = 'unknown' }) => outcome);
    return outcomes.find((outcome) => outcome !== 'acknowledged') ?? 'acknowledged';
  }

  #batch(partition: number): Flying {
    const { numbered, transactionalId, name } = this.#sender;
    const values = Array.from({ length: this.#client.between(1, 3) }, () => `${name}#${this.#made++}`);
    const sequence = this.#sequences.get(partition) ?? 0;
    this.#sequences.set(partition, sequence + values.length);
    const batch = batchOf(
      values.map((value) => ({ value })),
      {
        timestamp: Date.now(),
        attributes: transactionalId === null ? 0 : 0b10000,
        ...(numbered && { ...numbered, sequence }),
      },
    );
    const begin = this.#client.world.recorder.tick();
    return { begin, values, batch, attempts: 0, inDoubt: false, outcome: undefined, baseOffset: -1 };
  }

  /** All that have no outcome yet are sent once, in order. */
  async #attempt(partition: number, flying: readonly Flying[]): Promise<void> {
    const open = flying.filter(({ outcome }) => outcome === undefined);
    const answers = await Promise.allSettled(open.map((batch) => this.#produce(partition, batch)));
    let waits = false;
    for (const [i, batch] of open.entries()) {
      const answer = answers[i];
      if (answer?.status === 'fulfilled') this.#judge(batch, answer.value, waits);
      else batch.inDoubt = true;
      // Who does not number its batches cannot send one again without having it twice.
      const givesUp = this.#sender.numbered === undefined || batch.attempts >= MOST_ATTEMPTS;
      if (batch.outcome === undefined && givesUp) batch.outcome = batch.inDoubt ? 'unknown' : 'refused';
      waits ||= batch.outcome === undefined;
    }
    if (waits) await this.#client.rest(20);
  }

  /** What stands behind a batch that has to be sent again is out of order as long. */
  #judge(batch: Flying, answer: Fields, behindAnother: boolean): void {
    const error: Value = at(answer, 'errorCode');
    if (error === 0) {
      batch.outcome = 'acknowledged';
      batch.baseOffset = numberAt(answer, 'baseOffset');
    } else if (IN_DOUBT.has(error)) {
      batch.inDoubt = true;
    } else if (!isPassing(error) && !(behindAnother && error === OUT_OF_ORDER)) {
      batch.outcome = batch.inDoubt ? 'unknown' : 'refused';
    }
  }

  async #produce(index: number, flying: Flying): Promise<Fields> {
    const { topic } = this.#client.world;
    flying.attempts += 1;
    const topicData = [{ name: topic, partitionData: [{ index, records: flying.batch }] }];
    const { transactionalId } = this.#sender;
    const request = { transactionalId, acks: -1, timeoutMs: 5_000, topicData };
    const answer = await this.#client.link.ask('Produce', 9, request);
    const [partition] = [at(answer, 'responses', 0, 'partitionResponses', 0)];
    return { errorCode: at(partition, 'errorCode'), baseOffset: at(partition, 'baseOffset') };
  }
}
