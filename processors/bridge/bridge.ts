import type { Service } from '../../contracts/service.ts';
import type { KafkaClient } from '../../transport/kafka/client.ts';
import { SupervisedConsumer } from '../../transport/kafka/consumer.ts';
import { MqttClient } from '../../transport/mqtt/client.ts';
import { Inbound, type InboundOptions } from './inbound.ts';
import { COMMANDS, Outbound } from './outbound.ts';

export interface BridgeOptions extends InboundOptions {
  readonly kafka: KafkaClient;
}

/**
 * Between MQTT and Kafka: what detectors and valves say goes in (`inbound.ts`), valve commands go out (`outbound.ts`). It
 * knows nothing of fires. Two connections to the MQTT broker, since reading pauses while Kafka is away, and commands go on.
 */
export class Bridge implements Service {
  readonly name: string;
  readonly #inbound: Inbound;
  readonly #mqtt: MqttClient;
  readonly #commands: SupervisedConsumer;

  constructor(options: BridgeOptions) {
    const { name, site, root, kafka, metrics, clock, logger, sink, transit } = options;
    this.name = `bridge ${name}`;
    this.#inbound = new Inbound(options);
    const clientId = `smokewire-${site}-bridge-${name}-commands`;
    this.#mqtt = new MqttClient({ ...options.mqtt, clientId, logger, ...(transit && { transit }) });
    const outbound = new Outbound({ site, root, mqtt: this.#mqtt, sink, metrics, clock, logger });
    this.#commands = new SupervisedConsumer({
      client: kafka,
      role: 'bridge',
      topics: [COMMANDS],
      metrics,
      begin: (claim) => outbound.begin(claim),
    });
  }

  missing(): readonly string[] {
    return [...this.#inbound.missing(), ...this.#mqtt.missing(), ...this.#commands.missing()];
  }

  /** @throws SmokewireError MQTT_UNREACHABLE, KAFKA_UNREACHABLE, STOPPED; nothing is left running then */
  async start(): Promise<void> {
    try {
      await Promise.all([this.#inbound.start(), this.#mqtt.start(), this.#commands.start()]);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends what is under way, within reason. What was not acknowledged by then stays where it came from. */
  async stop(): Promise<void> {
    await Promise.all([this.#inbound.stop(), this.#commands.stop()]);
    await this.#mqtt.stop();
  }
}
