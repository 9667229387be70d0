import { fileURLToPath } from 'node:url';
import type { Registry } from 'prom-client';
import type { Readiness } from '../contracts/http.ts';
import type { KafkaRole, Role } from '../contracts/roles.ts';
import type { Service } from '../contracts/service.ts';
import { PanelFeed } from '../panel/feed.ts';
import type { SiteInfo } from '../panel/http/site.ts';
import type { EventLog } from '../panel/model/event-log.ts';
import type { ReadModel } from '../panel/model/read-model.ts';
import { HttpServer } from '../panel/server.ts';
import type { Canary } from '../simulators/canary.ts';
import type { Fleet } from '../simulators/fleet.ts';
import type { Valves } from '../simulators/valves.ts';
import { listGroups } from '../transport/kafka/admin.ts';
import type { KafkaClient } from '../transport/kafka/client.ts';
import { Producer } from '../transport/kafka/producer.ts';
import { chain } from './chain.ts';
import type { SiteInboxes } from './embedded.ts';
import { panelSource } from './panel-source.ts';
import { RoleSlot } from './role-slot.ts';
import { building, ROLE_SERVICES, type RoleContext } from './roles.ts';

/** What the parts of a process are made for. */
export interface AssemblyOptions {
  readonly roles: readonly Role[];
  readonly registry: Registry;
  readonly model: ReadModel;
  readonly events: EventLog;
  readonly inboxes: SiteInboxes;
  readonly info: () => SiteInfo;
  readonly readiness: () => Readiness;
  /** A role of this process was killed on purpose. */
  readonly onKilled: (role: KafkaRole) => void;
}

/** The parts of a process that has roles; none of them is started. */
export interface Parts {
  readonly fleet: Fleet | undefined;
  readonly valves: Valves | undefined;
  readonly canary: Canary | undefined;
  /** Those that can be killed. */
  readonly slots: ReadonlyMap<KafkaRole, RoleSlot>;
  readonly kafka: KafkaClient;
  readonly http: HttpServer;
  readonly startedAt: number;
  /** In the order in which they start: consumers, what speaks between MQTT and Kafka, what sends signals. */
  readonly readers: readonly Service[];
  readonly bridges: readonly Service[];
  readonly sources: readonly Service[];
}

/** Roles that read Kafka and have to stand before anything is written. */
const READING_ROLES = ['filter', 'floor-controller', 'watchdog', 'router', 'email', 'sms', 'lamp'] as const;

/** The page as the build lays it beside this file. */
const PAGE_DIR = fileURLToPath(new URL('../panel/page/', import.meta.url));

/** Makes the parts; the addresses of what they talk to have to be known. */
export function assemble(context: RoleContext, options: AssemblyOptions): Parts {
  const { kafka, metrics, logger, clock } = context;
  const { roles, model } = options;
  const has = (role: Role) => roles.includes(role);
  const { fleet, valves, canary } = building(context, roles);
  const panelSink = has('panel') ? new Producer({ client: kafka, role: 'panel', metrics }) : undefined;
  const slots = new Map(
    [...READING_ROLES, 'bridge' as const]
      .filter(has)
      .map((role) => [role, new RoleSlot({ role, context, make: ROLE_SERVICES[role], onKilled: options.onKilled })]),
  );
  const slotsOf = (wanted: readonly KafkaRole[]) => wanted.flatMap((role) => slots.get(role) ?? []);
  const topics = new Map(model.topics.map(({ topic, from }) => [topic, from]));
  const panelFeed = new PanelFeed({ model, logger, source: panelSource(kafka, topics) });
  return {
    fleet,
    valves,
    canary,
    slots,
    kafka,
    startedAt: clock.now(),
    http: httpServer(context, options, fleet, panelSink),
    readers: [...slotsOf(READING_ROLES), ...(panelSink ? [chain('panel', panelSink, panelFeed)] : [])],
    bridges: [...slotsOf(['bridge']), ...(valves ? [valves] : [])],
    sources: [canary, fleet].filter((service) => service !== undefined),
  };
}

function httpServer(
  { config, kafka, clock, wireClock, logger, random, transit }: RoleContext,
  { registry, readiness, model, events, inboxes: { emails, sms }, info }: AssemblyOptions,
  fleet: Fleet | undefined,
  sink: Producer | undefined,
): HttpServer {
  return new HttpServer({
    host: config.host,
    port: config.port,
    clock,
    wireClock,
    logger: logger.child({ part: 'http' }),
    transit,
    registry,
    readiness,
    ...(fleet && { fleet }),
    ...((emails || sms) && {
      inboxes: { ...(emails && { emails: () => emails.list() }), ...(sms && { sms: () => sms.list() }) },
    }),
    ...(sink && {
      panel: {
        ...{ model, events, sink, info, pageDir: PAGE_DIR },
        // Its own, so that a command has the same id whatever else drew one before.
        random: random.fork('panel'),
        groups: () => listGroups(kafka),
      },
    }),
  });
}
