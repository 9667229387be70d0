import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Every metric of ours, by the name that Prometheus sees; one set for each process, on its own registry. */
export interface Metrics {
  readonly registry: Registry;
  /** Signals, states and configs that the bridge took from MQTT. */
  readonly bridgeReceived: Counter<'subject'>;
  /** What the bridge did not take for news, by the error's code. */
  readonly bridgeDiscarded: Counter<'code'>;
  /** Messages between the bridge's MQTT socket and Kafka's acknowledgement. */
  readonly bridgeInFlight: Gauge;
  /** Records that a role has read. */
  readonly consumed: Counter<'role' | 'topic'>;
  /** Records that a role has written, acknowledged by all replicas. */
  readonly produced: Counter<'role' | 'topic'>;
  /** Records that went to a dead letter topic. */
  readonly deadLetters: Counter<'topic' | 'code'>;
  /** Times that a role's consumer had to be made anew after a fatal error. */
  readonly consumerRestarts: Counter<'role'>;
  /** What became of notifications: sent, retried, dead. */
  readonly deliveries: Counter<'channel' | 'outcome'>;
  /** Seconds that a send took. */
  readonly sendSeconds: Histogram<'channel'>;
  /** Pings of the watchdog's own pulse to who listens outside: what they said (well, silent), and whether they arrived. */
  readonly pulsePings: Counter<'says' | 'outcome'>;
  /** Simulated detectors by what they do: connected, killed, silenced, tripped. */
  readonly fleet: Gauge<'state'>;
}

export function createMetrics(registry: Registry): Metrics {
  const registers = [registry];
  return {
    registry,
    bridgeReceived: new Counter({
      name: 'smokewire_bridge_received_total',
      help: 'MQTT messages that the bridge took.',
      labelNames: ['subject'],
      registers,
    }),
    bridgeDiscarded: new Counter({
      name: 'smokewire_bridge_discarded_total',
      help: 'MQTT messages that the bridge did not take for news, by the reason.',
      labelNames: ['code'],
      registers,
    }),
    bridgeInFlight: new Gauge({
      name: 'smokewire_bridge_in_flight',
      help: 'Messages between the MQTT socket and the acknowledgement of Kafka.',
      registers,
    }),
    consumed: new Counter({
      name: 'smokewire_records_consumed_total',
      help: 'Kafka records read.',
      labelNames: ['role', 'topic'],
      registers,
    }),
    produced: new Counter({
      name: 'smokewire_records_produced_total',
      help: 'Kafka records written and acknowledged.',
      labelNames: ['role', 'topic'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'smokewire_dead_letters_total',
      help: 'Records that went to a dead letter topic.',
      labelNames: ['topic', 'code'],
      registers,
    }),
    consumerRestarts: new Counter({
      name: 'smokewire_consumer_restarts_total',
      help: 'Consumers made anew after a fatal error.',
      labelNames: ['role'],
      registers,
    }),
    deliveries: new Counter({
      name: 'smokewire_deliveries_total',
      help: 'Notifications by what became of them.',
      labelNames: ['channel', 'outcome'],
      registers,
    }),
    sendSeconds: new Histogram({
      name: 'smokewire_send_seconds',
      help: 'How long a send took.',
      labelNames: ['channel'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    }),
    pulsePings: new Counter({
      name: 'smokewire_watchdog_pings_total',
      help: "Pings of the watchdog's own pulse, by what they said and whether they arrived.",
      labelNames: ['says', 'outcome'],
      registers,
    }),
    fleet: new Gauge({
      name: 'smokewire_fleet_detectors',
      help: 'Simulated detectors by what they do.',
      labelNames: ['state'],
      registers,
    }),
  };
}
