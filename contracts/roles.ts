/** The roles that read Kafka and write Kafka: each as its own consumer group, of the same name. */
export const KAFKA_ROLES = [
  'bridge',
  'filter',
  'floor-controller',
  'watchdog',
  'router',
  'email',
  'sms',
  'lamp',
] as const;
export type KafkaRole = (typeof KAFKA_ROLES)[number];

/** The parts of a site that `run` can start on their own. */
export const ROLES = ['detectors', 'valves', 'canary', ...KAFKA_ROLES, 'panel'] as const;
export type Role = (typeof ROLES)[number];

/** Roles that speak MQTT and therefore need a broker's address. The watchdog polls passive detectors. */
export const MQTT_ROLES: readonly Role[] = ['detectors', 'valves', 'canary', 'bridge', 'watchdog'];

/** Roles that need no Kafka. */
export const MQTT_ONLY_ROLES: readonly Role[] = ['detectors', 'valves', 'canary'];

/** The default period of the canary's heartbeat. */
export const CANARY_PERIOD_MS = 1_000;
