import type { Registry } from 'prom-client';
import type { Clock } from '../contracts/clock.ts';
import { messageOf, SmokewireError } from '../contracts/errors.ts';
import type { FleetControl } from '../contracts/fleet-control.ts';
import type { GroupView, Readiness } from '../contracts/http.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Random } from '../contracts/random.ts';
import type { Service } from '../contracts/service.ts';
import { settingLabel } from '../contracts/settings.ts';
import { type Transit, unwatched } from '../contracts/transit.ts';
import { urlHost } from '../contracts/url-host.ts';
import type { RecordSink } from '../transport/kafka/types.ts';
import { type App, createApp } from './http/app.ts';
import { CommandWriter } from './http/commands.ts';
import { deadLetterRoutes } from './http/dead-letters.ts';
import { actionRoutes, detectorRoutes } from './http/detectors.ts';
import { disablementRoutes } from './http/disablements.ts';
import { EventStreams } from './http/event-streams.ts';
import { eventRoutes } from './http/events.ts';
import { floorRoutes } from './http/floors.ts';
import { healthRoutes } from './http/health.ts';
import { type Inboxes, inboxRoutes } from './http/inbox.ts';
import { pageRoutes } from './http/page.ts';
import { type SiteInfo, siteRoutes } from './http/site.ts';
import { ViewChanges } from './http/view-changes.ts';
import type { EventLog } from './model/event-log.ts';
import type { ReadModel } from './model/read-model.ts';
import { addProcessMetrics } from './process-metrics.ts';

/** What the process with the role `panel` serves from. */
export interface PanelParts {
  readonly model: ReadModel;
  readonly events: EventLog;
  /** Takes the human's commands and replayed dead letters. */
  readonly sink: RecordSink;
  readonly random: Random;
  readonly info: () => SiteInfo;
  readonly groups: () => Promise<GroupView[]>;
  /** The folder of the built page; without one, `/` is not served. */
  readonly pageDir?: string;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The site's time: stamps of commands, uptime. */
  readonly clock: Clock;
  /** The time of sockets: heartbeats of streams, how long a caller waits. */
  readonly wireClock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly readiness: () => Readiness;
  /** Present where detectors are simulated. */
  readonly fleet?: FleetControl;
  readonly panel?: PanelParts;
  readonly inboxes?: Inboxes;
  /** Is told of each request that is being answered. */
  readonly transit?: Transit;
}

/** The one HTTP server of a process; it serves what the process has. */
export class HttpServer implements Service {
  readonly name = 'http';
  readonly #options: HttpServerOptions;
  #running: { app: App; port: number } | undefined;
  /** Starts and stops, one after the other in the order in which they were asked for. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: HttpServerOptions) {
    this.#options = options;
  }

  /** Where a client on this machine reaches it. @throws SmokewireError NOT_READY while it does not listen. */
  get url(): string {
    if (!this.#running) throw new SmokewireError('NOT_READY', 'the HTTP server does not listen');
    return `http://${urlHost(this.#options.host)}:${this.#running.port}`;
  }

  missing(): readonly string[] {
    return this.#running ? [] : ['the HTTP server'];
  }

  /** @throws SmokewireError PORT_IN_USE, START_FAILED */
  start(): Promise<void> {
    return this.#next(async () => {
      this.#running ??= await this.#open();
    });
  }

  stop(): Promise<void> {
    return this.#next(async () => {
      const running = this.#running;
      this.#running = undefined;
      await running?.app.close();
    });
  }

  async #open(): Promise<{ app: App; port: number }> {
    const { host, port, logger, transit = unwatched } = this.#options;
    const app = await createApp({ ownName: host, logger, transit });
    await this.#addRoutes(app);
    await app.listen({ host, port }).catch(async (error: unknown) => {
      await app.close();
      throw listenError(host, port, error);
    });
    const address = app.server.address();
    return { app, port: typeof address === 'object' && address !== null ? address.port : port };
  }

  async #addRoutes(app: App): Promise<void> {
    const { registry, readiness, fleet, panel, inboxes } = this.#options;
    addProcessMetrics(registry);
    healthRoutes(app, { readiness, registry });
    if (fleet || panel) actionRoutes(app, { fleet, known: (id) => panel?.model.detectors.has(id) ?? false });
    if (inboxes) inboxRoutes(app, inboxes);
    if (panel) await this.#addPanel(app, panel);
  }

  async #addPanel(app: App, { model, events, sink, random, info, groups, pageDir }: PanelParts): Promise<void> {
    const { clock, wireClock } = this.#options;
    const commands = new CommandWriter({ sink, wireClock });
    const streams = new EventStreams({ events, views: new ViewChanges({ model, wireClock }), wireClock });
    // The connections are cut in any case; this gives the streams' timers back before the stop is done.
    app.addHook('preClose', async () => streams.close());
    siteRoutes(app, { model, clock, info, groups });
    detectorRoutes(app, model.detectors);
    floorRoutes(app, { floors: model.floors, commands, clock, random });
    disablementRoutes(app, { model, commands, clock, random, site: () => info().name });
    deadLetterRoutes(app, { deadLetters: model.deadLetters, commands, clock });
    eventRoutes(app, streams);
    if (pageDir !== undefined) await pageRoutes(app, pageDir);
  }

  #next(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function listenError(host: string, port: number, error: unknown): SmokewireError {
  const options = { cause: error };
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const advice = `stop the program that has it, or choose another with ${settingLabel('port')}; 0 takes any free one`;
    return new SmokewireError(
      'PORT_IN_USE',
      `port ${port} on ${host} is taken, the HTTP API cannot listen there: ${advice}`,
      options,
    );
  }
  return new SmokewireError(
    'START_FAILED',
    `the HTTP API cannot listen on ${host}, port ${port}: ${messageOf(error)}`,
    options,
  );
}
