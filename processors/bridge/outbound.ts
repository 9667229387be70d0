import { setMaxListeners } from 'node:events';
import type { Clock } from '../../contracts/clock.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import type { InRecord } from '../../contracts/kafka-records.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Metrics } from '../../contracts/metrics.ts';
import type { Claim, Work } from '../../transport/kafka/claim.ts';
import type { RecordBatch, RecordSink } from '../../transport/kafka/types.ts';
import type { MqttClient } from '../../transport/mqtt/client.ts';
import { egressOf } from './egress.ts';

export const COMMANDS = 'valve-commands';

export interface OutboundOptions {
  readonly site: string;
  readonly root: string;
  readonly mqtt: MqttClient;
  /** For dead letters. */
  readonly sink: RecordSink;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Valve commands, Kafka to MQTT: published at QoS 1, never retained, and committed once the MQTT broker acknowledged. So a
 * command may be published twice, with the same id, and is not lost. One whose time is over becomes a dead letter.
 */
export class Outbound {
  readonly #options: OutboundOptions;

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  /** The work on one partition of `valve-commands`. */
  begin(claim: Claim): Work {
    const over = new AbortController();
    // Each command of a batch listens to it.
    setMaxListeners(0, over.signal);
    let running: Promise<void> = Promise.resolve();
    const { start = 0 } = claim.extents.get(COMMANDS) ?? {};
    claim.read(COMMANDS, claim.committed.get(COMMANDS)?.offset ?? start);
    claim.ready();
    return {
      take: (batch) => {
        running = this.#take(batch, claim, over.signal);
        return running;
      },
      finish: async () => {
        over.abort();
        await running;
      },
    };
  }

  async #take(batch: RecordBatch, claim: Claim, over: AbortSignal): Promise<void> {
    this.#options.metrics.consumed.inc({ role: 'bridge', topic: COMMANDS }, batch.records.length);
    try {
      // All at once: they leave in the order of the log, over one connection.
      const delivered = await Promise.all(batch.records.map((record) => this.#deliver(record, over)));
      if (delivered.every(Boolean)) claim.done(batch.topic, batch.nextOffset);
    } catch (error) {
      claim.abandon(error);
    }
  }

  /** False where the claim was lost, or the bridge stopped, before it was done: the next owner does it. */
  async #deliver(record: InRecord, over: AbortSignal): Promise<boolean> {
    const { mqtt, clock, sink, metrics, logger } = this.#options;
    try {
      // The wait may outlast the command: what it asks for is looked at after.
      await aborted(over, mqtt.whenConnected());
      if (over.aborted) return false;
      const egress = egressOf(record, clock.now(), this.#options);
      if ('deadLetter' in egress) {
        const { deadLetter, code } = egress;
        await sink.send([deadLetter]);
        metrics.deadLetters.inc({ topic: deadLetter.topic, code });
        logger.warn(
          { code, partition: record.partition, offset: record.offset },
          'a valve command became a dead letter',
        );
      } else {
        await mqtt.publish(egress.publish.topic, egress.publish.payload, { qos: 1, retain: false });
      }
      return true;
    } catch (error) {
      if (error instanceof SmokewireError && error.code === 'STOPPED') return false;
      throw error;
    }
  }
}

/** Settles as `promise` does, or resolves as soon as `signal` aborts. */
function aborted(signal: AbortSignal, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => resolve();
    signal.addEventListener('abort', done, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', done));
  });
}
