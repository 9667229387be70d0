import type { Clock } from '../contracts/clock.ts';
import type { Config } from '../contracts/config.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Metrics } from '../contracts/metrics.ts';
import { MQTT_ROOT } from '../contracts/mqtt-topics.ts';
import type { Random } from '../contracts/random.ts';
import { CANARY_PERIOD_MS, type KafkaRole, type Role } from '../contracts/roles.ts';
import type { Service } from '../contracts/service.ts';
import type { Transit } from '../contracts/transit.ts';
import type { Channel, Notice } from '../notifiers/channel.ts';
import { emailChannel } from '../notifiers/email.ts';
import { kafkaFeed } from '../notifiers/kafka-feed.ts';
import { lampChannel } from '../notifiers/lamp.ts';
import { Notifier } from '../notifiers/notifier.ts';
import { smsChannel } from '../notifiers/sms.ts';
import { Bridge } from '../processors/bridge/bridge.ts';
import { correlatorDefinition } from '../processors/correlator/correlator.ts';
import { filterDefinition } from '../processors/filter.ts';
import { floorControllerDefinition } from '../processors/floor-controller/floor-controller.ts';
import { Poller } from '../processors/poller.ts';
import { routerDefinition } from '../processors/router.ts';
import { JudgedPartitions } from '../processors/watchdog/judged-partitions.ts';
import { PassiveRegistry } from '../processors/watchdog/passive-registry.ts';
import { WatchdogPulse } from '../processors/watchdog/pulse.ts';
import { watchdogDefinition } from '../processors/watchdog/watchdog.ts';
import { Canary } from '../simulators/canary.ts';
import { Fleet } from '../simulators/fleet.ts';
import { Valves } from '../simulators/valves.ts';
import type { KafkaClient } from '../transport/kafka/client.ts';
import { Producer } from '../transport/kafka/producer.ts';
import { TaskRunner } from '../transport/kafka/task-runner.ts';
import type { RecordSink, TaskDefinition } from '../transport/kafka/types.ts';
import { MqttClient } from '../transport/mqtt/client.ts';
import { chain } from './chain.ts';
import type { Surroundings } from './embedded.ts';
import type { Life } from './life.ts';

/** What the roles of one process share. */
export interface RoleContext {
  readonly config: Config;
  readonly surroundings: Surroundings;
  readonly kafka: KafkaClient;
  readonly clock: Clock;
  readonly wireClock: Clock;
  /** For ids: never the same twice. */
  readonly random: Random;
  /** For what is simulated: the same again with the same seed. */
  readonly simulation: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly transit: Transit;
  /** Whether the site's time stands still between two instants, so that nothing is gained by spreading or gathering. */
  readonly virtualTime: boolean;
  /** Whether this process serves MQTT itself. */
  readonly brokerInProcess: boolean;
  readonly retryDelaysMs: readonly number[] | undefined;
  readonly sendTimeoutMs: number | undefined;
  readonly onProgress: (connected: number, detectors: number) => void;
}

/** What one life of a role has. */
export interface LivingContext extends RoleContext {
  readonly life: Life;
}

/** The service of a role. Detectors, valves, canary and panel are handled by name: others have to reach them. */
export const ROLE_SERVICES: Readonly<Record<KafkaRole, (context: LivingContext) => Service>> = {
  bridge,
  filter: (context) => runner(context, filterDefinition()),
  'floor-controller': (context) => runner(context, floorControllerDefinition()),
  watchdog,
  router: (context) => runner(context, routerDefinition(context.config)),
  email: (context) =>
    notifier(context, 'email', () => emailChannel({ url: context.surroundings.smtp, ...sendTimeout(context) })),
  sms: (context) =>
    notifier(context, 'sms', () =>
      smsChannel({ ...context.surroundings.twilio, clock: context.clock, ...sendTimeout(context) }),
    ),
  lamp: (context) => notifier(context, 'lamp', (sink) => lampChannel({ sink })),
};

function runner({ kafka, clock, metrics }: RoleContext, definition: TaskDefinition): Service {
  return new TaskRunner({ client: kafka, definition, clock, metrics });
}

function bridge({ config, surroundings, kafka, clock, wireClock, logger, metrics, transit }: RoleContext): Service {
  const { site } = config;
  const sink = new Producer({ client: kafka, role: 'bridge', metrics });
  const service = new Bridge({
    name: 'bridge',
    site,
    root: MQTT_ROOT,
    mqtt: surroundings.mqtt,
    kafka,
    sink,
    partitions: () => sink.partitionsOf('signals'),
    metrics,
    clock,
    wireClock,
    logger: logger.child({ role: 'bridge' }),
    transit,
  });
  return chain('bridge', sink, service);
}

/**
 * The watchdog; with it the correlator, which makes of what all watchdogs find out what people are told; the poller, which asks the
 * passive detectors of the partitions that this watchdog holds; and the pulse, by which others know that it judges.
 */
function watchdog(context: LivingContext): Service {
  const { config, surroundings, kafka, random, logger, metrics, clock, wireClock, transit } = context;
  const passive = new PassiveRegistry();
  const judged = new JudgedPartitions();
  const mqtt = new MqttClient({
    url: surroundings.mqtt.url,
    lifeline: context.life,
    clientId: `smokewire-${config.site}-poller-${random.uuid()}`,
    logger: logger.child({ role: 'poller' }),
    transit: context.transit,
  });
  const poller = new Poller({
    site: config.site,
    root: MQTT_ROOT,
    clock,
    logger: logger.child({ role: 'poller' }),
    detectors: passive,
    publish: (topic, payload) => mqtt.publish(topic, payload, { qos: 1, retain: false }),
  });
  const judge = runner(
    context,
    watchdogDefinition({
      site: config.site,
      group: config.watchdogGroup,
      misses: config.misses,
      graceMs: config.grace,
      canaryPeriodMs: CANARY_PERIOD_MS,
      passive,
      judged,
    }),
  );
  const correlator = runner(context, correlatorDefinition({ site: config.site, canaryPeriodMs: CANARY_PERIOD_MS }));
  const sink = new Producer({ client: kafka, role: 'pulse', metrics });
  const pulse = new WatchdogPulse({
    group: kafka.topicPrefix + judge.name,
    instance: config.instance ?? random.fork('pulse').uuid(),
    judged,
    canaryPeriodMs: CANARY_PERIOD_MS,
    sink,
    url: config.pulseUrl,
    clock,
    wireClock,
    logger: logger.child({ role: 'watchdog' }),
    metrics,
    transit,
  });
  return chain('watchdog', judge, correlator, mqtt, poller, sink, pulse);
}

/** In virtual time only the site's clock says that a send hangs: a slow machine must not. */
const PATIENT_SOCKET_MS = 86_400_000;

function sendTimeout({ sendTimeoutMs, virtualTime }: RoleContext): { timeoutMs?: number; socketTimeoutMs?: number } {
  return {
    ...(sendTimeoutMs !== undefined && { timeoutMs: sendTimeoutMs }),
    ...(virtualTime && { socketTimeoutMs: PATIENT_SOCKET_MS }),
  };
}

function notifier<N extends Notice>(
  context: LivingContext,
  role: KafkaRole,
  channelOn: (sink: RecordSink) => Channel<N>,
): Service {
  const { kafka, clock, wireClock, logger, metrics, transit, retryDelaysMs, life } = context;
  const sink = new Producer({ client: kafka, role, metrics });
  const channel = life.channel(channelOn(sink));
  const feed = kafkaFeed({ client: kafka, metrics });
  const delays = retryDelaysMs && { retryDelaysMs };
  return chain(
    channel.name,
    sink,
    new Notifier({ channel, feed, sink, clock, wireClock, logger, metrics, transit, ...delays }),
  );
}

/** The building: what a process with these roles simulates. */
export function building(context: RoleContext, roles: readonly Role[]) {
  const { config, surroundings, clock, wireClock, simulation, logger, metrics, transit } = context;
  const { brokerInProcess, virtualTime, onProgress } = context;
  const where = { site: config.site, root: MQTT_ROOT, mqttUrl: surroundings.mqtt.url };
  const only = <T>(role: Role, make: (logger: Logger) => T): T | undefined =>
    roles.includes(role) ? make(logger.child({ role })) : undefined;
  return {
    fleet: only(
      'detectors',
      (log) =>
        new Fleet({
          ...where,
          detectors: config.detectors,
          floors: config.floors,
          heartbeatMs: config.heartbeat,
          passive: config.passive,
          brokerInProcess,
          clock,
          wireClock,
          random: simulation.fork('fleet'),
          logger: log,
          metrics,
          transit,
          together: virtualTime,
          onProgress,
        }),
    ),
    valves: only('valves', (log) => new Valves({ ...where, floors: config.floors, clock, logger: log, transit })),
    canary: only('canary', (log) => new Canary({ ...where, clock, logger: log, transit })),
  };
}
