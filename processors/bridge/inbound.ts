import type { Clock } from '../../contracts/clock.ts';
import { type ErrorCode, messageOf, SmokewireError } from '../../contracts/errors.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Metrics } from '../../contracts/metrics.ts';
import { bridgeSubscriptions } from '../../contracts/mqtt-topics.ts';
import type { Service } from '../../contracts/service.ts';
import { canaryRecord } from '../../contracts/signals.ts';
import type { Transit } from '../../contracts/transit.ts';
import { partitionsOfCanary } from '../../transport/kafka/canary-ids.ts';
import type { RecordSink } from '../../transport/kafka/types.ts';
import type { MqttEndpoint } from '../../transport/mqtt/address.ts';
import { type Batch, MqttSubscriber } from '../../transport/mqtt/subscriber.ts';
import { Ingress, MAX_PAYLOAD_BYTES } from './ingress.ts';
import type { Subject } from './routes.ts';

export interface InboundOptions {
  /** Names this bridge among several of a site, in its session at the broker and in each record's header. */
  readonly name: string;
  readonly site: string;
  /** The root of the site's MQTT topics. */
  readonly root: string;
  readonly mqtt: MqttEndpoint;
  readonly sink: RecordSink;
  /** To how many partitions the sink deals out signals. */
  readonly partitions: () => number;
  readonly metrics: Metrics;
  /** The site's clock: stamps records. */
  readonly clock: Clock;
  /** Keepalive, deadlines and backoff of the sockets. */
  readonly wireClock: Clock;
  readonly logger: Logger;
  readonly transit?: Transit;
  /** Messages between MQTT and Kafka's acknowledgement above which reading pauses. */
  readonly maxInFlight?: number;
}

/** How long a stop waits for Kafka to answer what was sent, in milliseconds. Without the answer the broker keeps it. */
const DRAIN_MS = 1_000;

/**
 * MQTT to Kafka. A message is acknowledged to MQTT once Kafka acknowledged its record, or its dead letter: what a detector
 * was promised at QoS 1 survives a kill of the bridge at any instant. While Kafka is away nothing is acknowledged, reading
 * pauses at the bound, and the broker keeps the rest.
 */
export class Inbound implements Service {
  readonly name: string;
  readonly #options: InboundOptions;
  readonly #ingress: Ingress;
  readonly #subscriber: MqttSubscriber;
  /** Reads whose records Kafka has not acknowledged yet. */
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: InboundOptions) {
    this.#options = options;
    this.name = `bridge ${options.name} inbound`;
    this.#ingress = new Ingress({ root: options.root, site: options.site, bridge: options.name });
    this.#subscriber = new MqttSubscriber({
      ...options.mqtt,
      clientId: `smokewire-${options.site}-bridge-${options.name}`,
      subscriptions: bridgeSubscriptions(options.root, options.site),
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
      ...(options.maxInFlight !== undefined && { maxInFlight: options.maxInFlight }),
      wireClock: options.wireClock,
      logger: options.logger,
      ...(options.transit && { transit: options.transit }),
      onBatch: (batch) => this.#take(batch),
    });
  }

  missing(): readonly string[] {
    return this.#subscriber.missing();
  }

  /** @throws SmokewireError MQTT_UNREACHABLE, STOPPED */
  start(): Promise<void> {
    return this.#subscriber.start();
  }

  /** Reads nothing more, waits shortly for what is under way, and closes; the broker keeps the session. */
  async stop(): Promise<void> {
    this.#subscriber.hold();
    await this.#drained();
    await this.#subscriber.stop();
  }

  #take(batch: Batch): void {
    const { clock, metrics } = this.#options;
    const receivedAt = clock.now();
    const records: OutRecord[] = [];
    const received: Record<Subject, number> = { signal: 0, status: 0, config: 0, 'valve-state': 0 };
    for (const message of batch.messages) {
      const { subject, record, discarded, canary } = this.#ingress.take(message, receivedAt);
      received[subject] += 1;
      if (canary === undefined) records.push(record);
      else records.push(...this.#everywhere(record, canary));
      if (discarded) this.#countDiscarded(record.topic, discarded);
    }
    for (const [subject, count] of Object.entries(received)) {
      if (count > 0) metrics.bridgeReceived.inc({ subject }, count);
    }
    metrics.bridgeInFlight.set(this.#subscriber.inFlight);
    const sent = this.#send(batch, records).finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }

  /** A canary proves the path to each partition that it sings in, and says by how many this bridge deals out signals. */
  #everywhere(song: OutRecord, canary: number): OutRecord[] {
    const partitions = this.#options.partitions();
    return partitionsOfCanary(canary, partitions).map((partition) => canaryRecord(song, partition, partitions));
  }

  /** The sink keeps the order, and sends together what is given to it while it waits: nothing lingers here. */
  async #send(batch: Batch, records: readonly OutRecord[]): Promise<void> {
    const { sink, metrics, logger } = this.#options;
    try {
      await sink.send(records);
    } catch (error) {
      if (error instanceof SmokewireError && error.code === 'STOPPED') return;
      // Kafka will never take one of them, and has the others. Not acknowledged they would come again for ever.
      logger.error({ error: messageOf(error) }, 'Kafka refuses for good what came from MQTT');
    }
    batch.acknowledge();
    metrics.bridgeInFlight.set(this.#subscriber.inFlight);
  }

  #countDiscarded(topic: string, code: ErrorCode): void {
    this.#options.metrics.bridgeDiscarded.inc({ code });
    this.#options.metrics.deadLetters.inc({ topic, code });
    this.#options.logger.debug({ topic, code }, 'a message from MQTT became a dead letter');
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const deadline = this.#options.wireClock.after('bridge drain', DRAIN_MS, resolve);
      void Promise.allSettled(this.#underWay).then(() => {
        deadline.cancel();
        resolve();
      });
    });
  }
}
