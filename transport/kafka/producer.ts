import errors from 'kafkajs/src/protocol/error.js';
import { type ErrorCode, SmokewireError } from '../../contracts/errors.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import type { TopicName } from '../../contracts/kafka-topics.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Metrics } from '../../contracts/metrics.ts';
import type { Service } from '../../contracts/service.ts';
import type { Ended } from '../../contracts/transit.ts';
import { Backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { errorFields, stopped } from './errors.ts';
import { GrowthWatch } from './growth.ts';
import { Link } from './link.ts';
import { Outbox, type PartitionBatch, type Send, splitInHalves } from './outbox.ts';
import { produce } from './produce.ts';
import type { RecordSink } from './types.ts';

/** Error codes that will be the same however often the record is sent; every other one is worth another try. */
const REFUSALS = new Map<number, ErrorCode>([
  [10, 'PAYLOAD_TOO_LARGE'], // MESSAGE_TOO_LARGE
  [18, 'PAYLOAD_TOO_LARGE'], // RECORD_LIST_TOO_LARGE
  [32, 'RECORD_INVALID'], // INVALID_TIMESTAMP
  [87, 'RECORD_INVALID'], // INVALID_RECORD
]);

/** How records on their way to Kafka are called in transit, by the client that writes them. */
export function recordsOf(clientId: string): string {
  return `records of ${clientId}`;
}

/**
 * Writes records with acks from all replicas, in the order in which they were given. One request to each broker is in
 * flight; what is sent meanwhile leaves together in the next one, at once when the answer is in: batches grow with the
 * load, and nothing waits for a timer. It tries for ever, until it is stopped.
 */
export class Producer implements Service, RecordSink {
  readonly name: string;
  readonly #client: KafkaClient;
  readonly #role: string;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #growth: GrowthWatch;
  #started = false;
  #pumping = false;
  #connected = false;
  #inFlight = 0;
  #underWay: Ended | undefined;

  constructor({ client, role, metrics }: { client: KafkaClient; role: string; metrics: Metrics }) {
    this.name = `${role} producer`;
    this.#log = client.logger.child({ part: this.name });
    this.#client = { ...client, clientId: `${client.clientId}-${role}`, logger: this.#log };
    this.#role = role;
    this.#metrics = metrics;
    this.#link = new Link(this.#client);
    this.#outbox = new Outbox(this.#link.cluster, client.topicPrefix);
    const looked = () => this.#outbox.relearn();
    this.#growth = new GrowthWatch({ client: this.#client, link: this.#link, looked });
  }

  /** Records that were given and are neither acknowledged nor refused yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** To how many partitions a topic's keys are dealt out: as far as is known, where partitions may be added. */
  partitionsOf(topic: TopicName): number {
    return this.#outbox.partitionsOf(topic);
  }

  /** Connects; rejects with KAFKA_UNREACHABLE when no broker answers in time. */
  async start(): Promise<void> {
    await this.#link.open([], this.#stop.signal);
    this.#started = true;
    this.#connected = true;
    this.#pump();
  }

  /** Drops what is not acknowledged: those `send`s reject with STOPPED. Whoever wants them written awaits them before. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#connected = false;
    this.#growth.stop();
    this.#link.close();
    for (const send of this.#outbox.clear()) this.#settle(send, stopped(this.name));
  }

  missing(): readonly string[] {
    return this.#connected ? [] : [`${this.name}: not connected to Kafka`];
  }

  /**
   * Resolves once all replicas have the records. Rejects with STOPPED, or, for a record that Kafka will never take, with
   * PAYLOAD_TOO_LARGE or RECORD_INVALID; the others of the call are written even then.
   */
  send(records: readonly OutRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return this.#client.lifeline.around({ kind: 'produce', records }, () => this.#send(records));
  }

  #send(records: readonly OutRecord[]): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.reject(stopped(this.name));
    this.#inFlight += records.length;
    this.#underWay ??= this.#client.transit.begin('kafka', recordsOf(this.#client.clientId));
    return new Promise((resolve, reject) => {
      this.#outbox.add({ records, taken: 0, resolve, reject, refusal: undefined });
      this.#pump();
    });
  }

  #pump(): void {
    if (!this.#started || this.#pumping || this.#outbox.isEmpty) return;
    this.#pumping = true;
    // Once the caller's turn is over, so that all of what it sends leaves together.
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    try {
      while (!this.#outbox.isEmpty && !this.#stop.signal.aborted) {
        await this.#passage();
        await this.#untilDone(() => this.#loadRoutes());
        const { batches, finished } = this.#outbox.take();
        await this.#deliver(batches);
        this.#outbox.settled();
        for (const send of finished) this.#settle(send, send.refusal);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#log.error(errorFields(error), 'the producer failed: a defect');
      for (const send of this.#outbox.clear()) this.#settle(send, stopped(this.name));
    } finally {
      this.#pumping = false;
    }
  }

  async #loadRoutes(): Promise<void> {
    const isNew = await this.#outbox.loadRoutes();
    if (isNew && this.#outbox.isToGrow && !this.#stop.signal.aborted) this.#growth.start();
  }

  /** Returns when each batch is acknowledged or refused. */
  async #deliver(batches: readonly PartitionBatch[]): Promise<void> {
    let left = batches;
    const refused: { batch: PartitionBatch; code: ErrorCode }[] = [];
    await this.#untilDone(async () => {
      const retry: PartitionBatch[] = [];
      let reason: unknown;
      await Promise.all(
        [...this.#outbox.byLeader(left)].map(async ([nodeId, share]) => {
          try {
            const answers = await this.#request(nodeId, share);
            for (const [i, batch] of share.entries()) {
              const { errorCode: code = -1, baseOffset } = answers[i] ?? {};
              const refusal = REFUSALS.get(code);
              if (code === 0) this.#written(batch, Number(baseOffset));
              else if (refusal) refused.push({ batch, code: refusal });
              else {
                reason = errors.createErrorFromCode(code);
                retry.push(batch);
              }
            }
          } catch (error) {
            reason = error;
            retry.push(...share);
          }
        }),
      );
      left = retry;
      if (retry.length > 0) throw reason;
    });
    for (const { batch, code } of refused) await this.#isolate(batch, code);
  }

  /** What became of each batch, in their order. */
  async #request(nodeId: number, batches: readonly PartitionBatch[]) {
    const broker = await this.#link.cluster.findBroker({ nodeId });
    const { topics } = await produce(
      broker,
      batches.map(({ route, partition, builder }) => ({ topic: route.name, partition, batch: builder.finish() })),
    );
    return batches.map(({ route, partition }) =>
      topics
        .find(({ topicName }) => topicName === route.name)
        ?.partitions.find((answer) => answer.partition === partition),
    );
  }

  /** A batch is refused as a whole: halves it until the records that are to blame stand alone, and writes the others. */
  async #isolate(batch: PartitionBatch, code: ErrorCode): Promise<void> {
    const [record, ...others] = batch.entries;
    if (record && others.length === 0) {
      const { topic } = batch.route;
      record.send.refusal = new SmokewireError(code, `Kafka refuses a record for ${topic}: ${code}`);
      this.#log.debug({ topic, code }, 'Kafka refuses a record');
      return;
    }
    for (const half of splitInHalves(batch)) await this.#deliver([half]);
  }

  /** Calls `attempt` until it returns. In between it waits, and learns anew who leads what. */
  async #untilDone(attempt: () => Promise<void>): Promise<void> {
    const backoff = new Backoff(this.#client.wireClock, 'kafka produce retry');
    for (;;) {
      try {
        await attempt();
        if (!this.#connected) this.#log.info({}, 'Kafka takes records again');
        this.#connected = !this.#stop.signal.aborted;
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) throw stopped(this.name);
        if (this.#connected) this.#log.warn(errorFields(error), 'Kafka does not take records; trying on');
        this.#connected = false;
        await backoff.wait(this.#stop.signal);
        await this.#passage();
        if (this.#stop.signal.aborted) throw stopped(this.name);
        await this.#outbox.refreshRoutes().catch((cause: unknown) => {
          this.#log.debug(errorFields(cause), 'no metadata yet');
        });
      }
    }
  }

  /** Waits while a fault holds Kafka, where that is to be the same each time. */
  async #passage(): Promise<void> {
    const { transit, clientId } = this.#client;
    const passage = transit.passage('kafka', this.name);
    if (!passage) return;
    this.#underWay?.();
    await passage;
    if (!this.#stop.signal.aborted) this.#underWay = transit.begin('kafka', recordsOf(clientId));
  }

  #written({ route: { topic }, partition, entries }: PartitionBatch, baseOffset: number): void {
    this.#metrics.produced.inc({ role: this.#role, topic }, entries.length);
    this.#client.transit.written(topic, partition, baseOffset + entries.length);
  }

  #settle(send: Send, error: SmokewireError | undefined): void {
    this.#inFlight -= send.records.length;
    if (this.#inFlight === 0) {
      this.#underWay?.();
      this.#underWay = undefined;
    }
    if (error) send.reject(error);
    else send.resolve();
  }
}
