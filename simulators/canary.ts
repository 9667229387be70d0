import type { Clock, Timer } from '../contracts/clock.ts';
import { messageOf } from '../contracts/errors.ts';
import { PARTITIONS } from '../contracts/kafka-topics.ts';
import type { Logger } from '../contracts/logger.ts';
import { detectorTopic } from '../contracts/mqtt-topics.ts';
import { CANARY_PERIOD_MS } from '../contracts/roles.ts';
import type { Service } from '../contracts/service.ts';
import { CANARY_FLOOR } from '../contracts/signals.ts';
import type { Transit } from '../contracts/transit.ts';
import { canaryOf } from '../transport/kafka/canary-ids.ts';
import { MqttClient } from '../transport/mqtt/client.ts';

export interface CanaryOptions {
  readonly site: string;
  /** The root of the MQTT topics. */
  readonly root: string;
  readonly mqttUrl: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Milliseconds between two beats; the default is what the watchdog expects. */
  readonly periodMs?: number;
  /** The site's time. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transit?: Transit;
}

/** A synthetic detector: where it signals, and whether its last beat is still without an acknowledgement. */
interface Bird {
  readonly topic: string;
  pending: boolean;
}

/**
 * The canaries of a site: a synthetic detector for each partition of `signals`, whose heartbeats prove the path from the
 * MQTT broker to Kafka alive. They beat together, on one timer: each is the clock of its own partition only, and the
 * bridge takes four beats in one batch.
 *
 * A beat says "the path is alive now", so it is sent now or never: while the broker is away, or has not acknowledged the
 * last beat, beats are dropped. At most the one that was under way is sent again after a reconnect.
 */
export class Canary implements Service {
  readonly name = 'canary';
  readonly #options: CanaryOptions;
  readonly #client: MqttClient;
  readonly #birds: readonly Bird[];
  #timer: Timer | undefined;
  #running = false;

  constructor(options: CanaryOptions) {
    this.#options = options;
    const { site, root, mqttUrl, credentials, logger, transit } = options;
    const clientId = `smokewire-${site}-canary`;
    this.#client = new MqttClient({ url: mqttUrl, ...credentials, clientId, logger, ...(transit && { transit }) });
    this.#birds = Array.from({ length: PARTITIONS }, (_, partition) => canaryOf(partition)).map((id) => ({
      topic: detectorTopic(root, site, CANARY_FLOOR, id, 'signal'),
      pending: false,
    }));
  }

  /** Resolves when it is connected and the first beats are on their way. @throws SmokewireError MQTT_UNREACHABLE, STOPPED */
  async start(): Promise<void> {
    this.#running = true;
    await this.#client.start();
    // A stop may have come between.
    if (!this.#running) return;
    const { clock, periodMs = CANARY_PERIOD_MS } = this.#options;
    this.#timer = clock.every('canary', periodMs, () => this.#beat());
    this.#beat();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#client.stop();
  }

  missing(): readonly string[] {
    return this.#client.missing();
  }

  #beat(): void {
    for (const bird of this.#birds) {
      if (this.#client.connected && !bird.pending) void this.#sing(bird);
    }
  }

  async #sing(bird: Bird): Promise<void> {
    bird.pending = true;
    try {
      await this.#client.publish(bird.topic, '0', { qos: 1, retain: false });
    } catch (error) {
      this.#options.logger.debug({ topic: bird.topic, error: messageOf(error) }, 'a canary beat was not acknowledged');
    } finally {
      bird.pending = false;
    }
  }
}
