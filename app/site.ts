import { parseConfig } from '../contracts/config.ts';
import type { Duration } from '../contracts/duration.ts';
import { SmokewireError } from '../contracts/errors.ts';
import type { DeadLetterView, DetectorAction, GroupView, SiteView } from '../contracts/http.ts';
import { acceptedSchema, DETECTOR_ACTIONS } from '../contracts/http.ts';
import type { Logger } from '../contracts/logger.ts';
import type { ValvePosition } from '../contracts/mqtt-payloads.ts';
import { ROLES } from '../contracts/roles.ts';
import type { SiteEvent } from '../contracts/site-events.ts';
import { realClock } from './clock.ts';
import {
  DEFAULT_WITHIN,
  type DetectorHandle,
  type FloorHandle,
  type InboxHandle,
  isAbout,
  type LampHandle,
  type MessageQuery,
  type Subject,
  type ValveHandle,
  type Within,
} from './handles.ts';
import { Ledger } from './kit/ledger.ts';
import type { Recording } from './kit/record/recording-run.ts';
import { Settling } from './kit/settling.ts';
import { msOf, realTime, type SiteClock, type SiteTime, virtualTime } from './kit/site-time.ts';
import { VirtualClock } from './kit/virtual-clock.ts';
import { silentLogger } from './logger.ts';
import { realRandom, seededRandom } from './random.ts';
import { SiteApi } from './site-api.ts';
import { SiteProcess } from './site-process.ts';
import { waitFor } from './wait.ts';

/** What a site of the library may be given; each setting is that of the flag of the same name. Ports are 0 unless given. */
export interface SiteOptions {
  /**
   * `virtual`: nothing in the site moves but by `site.clock`, whatever time is taken for real, and the same seed gives the same
   * story. Default `real`.
   */
  readonly clock?: 'real' | 'virtual';
  readonly detectors?: number;
  readonly floors?: number;
  /** One for all, or several that are dealt out in turn. */
  readonly heartbeat?: Duration | readonly Duration[];
  readonly passive?: number;
  readonly misses?: number;
  readonly grace?: Duration;
  readonly site?: string;
  readonly topicPrefix?: string;
  readonly mqtt?: string;
  readonly mqttUsername?: string;
  readonly mqttPassword?: string;
  readonly kafka?: readonly string[];
  readonly smtp?: string;
  readonly mqttPort?: number;
  readonly kafkaPort?: number;
  readonly smtpPort?: number;
  readonly port?: number;
  readonly host?: string;
  readonly emailTo?: string | readonly string[];
  readonly smsTo?: string | readonly string[];
  readonly seed?: string;
  /** How long a failed send waits before each further attempt, in milliseconds; four of them. */
  readonly retryDelaysMs?: readonly number[];
  /** After how long an e-mail or SMS that is being sent counts as hanging, in milliseconds; default 10,000. */
  readonly sendTimeoutMs?: number;
  /** Silent unless given. */
  readonly logger?: Logger;
}

/**
 * Starts a whole site in this process, on embedded servers unless addresses are given; resolves once everything is
 * subscribed and every detector is connected. Nothing is read from the environment and nothing is printed.
 * @throws SmokewireError CONFIG_INVALID, PORT_IN_USE, KAFKA_UNREACHABLE, MQTT_UNREACHABLE; nothing is left running then
 */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const { clock = 'real', logger = silentLogger, retryDelaysMs, sendTimeoutMs, ...settings } = options;
  const site = new Site({
    virtual: clock === 'virtual',
    logger,
    retryDelaysMs,
    sendTimeoutMs,
    settings: { mqttPort: 0, kafkaPort: 0, smtpPort: 0, port: 0, ...settings },
  });
  await site.start();
  return site;
}

/** The seed of a virtual site that is given none: a test that fails today fails tomorrow too. */
const VIRTUAL_SEED = 'smokewire';

/** A running site: its detectors, valves, lamps and inboxes in a program's hands. */
export class Site {
  readonly inbox: InboxHandle;
  readonly #process: SiteProcess;
  readonly #ledger = new Ledger();
  readonly #time: SiteTime;

  constructor(options: {
    virtual: boolean;
    logger: Logger;
    retryDelaysMs: readonly number[] | undefined;
    sendTimeoutMs: number | undefined;
    settings: object;
  }) {
    const { virtual, logger, retryDelaysMs, sendTimeoutMs, settings } = options;
    const config = parseConfig(virtual ? { seed: VIRTUAL_SEED, ...settings } : settings);
    const settling = new Settling(this.#ledger, realClock);
    const settled = () => settling.settled();
    this.#time = virtual ? virtualTime(new VirtualClock(settled), settled) : realTime(realClock, settled);
    this.#process = new SiteProcess({
      config,
      roles: ROLES,
      embed: true,
      clock: this.#time.clock,
      wireClock: realClock,
      random: virtual && config.seed !== undefined ? seededRandom(config.seed).fork('ids') : realRandom,
      logger,
      transit: this.#ledger,
      virtualTime: virtual,
      ...(retryDelaysMs && { retryDelaysMs }),
      ...(sendTimeoutMs !== undefined && { sendTimeoutMs }),
    });
    this.inbox = this.#inbox();
  }

  /** For `startSite`. */
  async start(): Promise<void> {
    try {
      await this.#time.done(this.#process.start());
    } catch (error) {
      await this.#process.stop();
      throw error;
    }
  }

  /** Drains and closes everything; when it resolves no timer and no socket is left. */
  stop(): Promise<void> {
    return this.#process.stop();
  }

  /** The site's time. */
  get clock(): SiteClock {
    return this.#time.hands;
  }

  /**
   * Resolves when the site has settled: no message is on its way, every group is at the end of its topics, nothing is being
   * sent. What others wrote to Kafka by then counts too. @throws SmokewireError SETTLE_TIMEOUT
   */
  async settled(): Promise<void> {
    await this.#time.settled();
    for (const { topic, partition, end } of await this.#process.topicEnds())
      this.#ledger.written(topic, partition, end);
    await this.#time.settled();
  }

  get name(): string {
    return this.view().name;
  }

  /** Where clients of this machine find the site's servers. */
  get addresses(): { api: string; mqtt: string; kafka: readonly string[]; smtp: string } {
    const { api, mqtt, kafka, smtp } = this.view().addresses;
    return { api, kafka, mqtt: mqtt ?? '', smtp: smtp ?? '' };
  }

  view(): SiteView {
    return this.#process.view();
  }

  detector(id: number): DetectorHandle {
    const { model, fleet } = this.#process;
    const subject = { subject: `detector/${id}` };
    const act = (action: DetectorAction) => () => this.#time.done(fleet.act(id, action));
    const [trip, clear, kill, silence, revive] = DETECTOR_ACTIONS.map(act);
    if (!trip || !clear || !kill || !silence || !revive) throw new SmokewireError('INTERNAL', 'an action is missing');
    return {
      ...subject,
      id,
      trip,
      clear,
      kill,
      silence,
      revive,
      get state() {
        return model.detectors.view(id)?.state;
      },
      is: (state, { within } = {}) =>
        this.#wait(subject, `detector ${id} to be ${state}`, within, () => {
          const view = model.detectors.view(id);
          return view?.state === state ? view : undefined;
        }),
    };
  }

  valve(floor: number): ValveHandle {
    const { model } = this.#process;
    const subject = { subject: `floor/${floor}` };
    const stands =
      (position: 'open' | 'closed') =>
      async ({ within }: Within = {}) => {
        await this.#wait(subject, `valve ${floor} to be ${position}`, within, () =>
          model.floors.view(floor)?.valve.position === position ? true : undefined,
        );
      };
    const switchTo = (position: ValvePosition) => async () =>
      acceptedSchema.parse(await this.#send('PUT', `/api/v1/floors/${floor}/valve`, { position })).id;
    return {
      subject: `valve/${floor}`,
      floor,
      get position() {
        return model.floors.view(floor)?.valve.position ?? null;
      },
      opened: stands('open'),
      closed: stands('closed'),
      open: switchTo('open'),
      close: switchTo('closed'),
      stick: () => this.#process.valves.stick(floor),
      unstick: () => this.#process.valves.unstick(floor),
    };
  }

  floor(floor: number): FloorHandle {
    const reset = async () => void (await this.#send('POST', `/api/v1/floors/${floor}/reset`));
    return { subject: `floor/${floor}`, floor, reset };
  }

  lamp(lamp: string): LampHandle {
    const { model } = this.#process;
    const is =
      (on: boolean) =>
      ({ within }: Within = {}) =>
        this.#wait({ subject: lamp }, `lamp ${lamp} to be ${on ? 'on' : 'off'}`, within, () => {
          const view = model.lamp(lamp);
          return view?.on === on ? view : undefined;
        });
    return { lamp, on: is(true), off: is(false) };
  }

  /** Calls `listener` with everything that happens from now on; the answer ends that. */
  onEvent(listener: (event: SiteEvent) => void): () => void {
    return this.#process.events.onEvent(({ event }) => listener(event));
  }

  /**
   * Records what enters the site from now on (signals, presence, what operators and valves do), and what people are to be
   * told of it, until the recording is stopped: docs/record-replay.md.
   */
  record(): Promise<Recording> {
    return this.#time.done(this.#process.record());
  }

  /** What nobody could handle, newest first. */
  deadLetters(): DeadLetterView[] {
    return this.#process.model.deadLetters.list({ limit: 1_000 });
  }

  /** Where each consumer group stands. */
  groups(): Promise<GroupView[]> {
    return this.#process.groups();
  }

  /** The running parts themselves, for those who want to break them. */
  get parts(): Pick<SiteProcess, 'embedded' | 'fleet' | 'valves' | 'canary'> {
    return this.#process;
  }

  /** What a human does goes the way of the panel's buttons. */
  #send(method: 'POST' | 'PUT', path: string, body?: object): Promise<unknown> {
    return this.#time.done(new SiteApi(this.#process.url).send(method, path, body));
  }

  #inbox(): InboxHandle {
    const { emails, sms } = this.#process.embedded.inboxes;
    const first =
      <T>(box: typeof emails | typeof sms, words: (item: T) => string, list: () => readonly T[], kind: string) =>
      (query: MessageQuery = {}): Promise<T> => {
        const { about, matching, within } = query;
        const fits = (item: T) => (!about || isAbout(words(item), about)) && (!matching || matching.test(words(item)));
        const what = `${kind}${about ? ` about ${about.subject}` : ''}${matching ? ` matching ${matching}` : ''}`;
        return waitFor(this.#time, msOf(within ?? DEFAULT_WITHIN), {
          what,
          look: () => list().find(fits),
          watch: (changed) => box?.onReceived(changed) ?? (() => {}),
          story: () => this.#process.story(about?.subject),
        });
      };
    return {
      email: first(
        emails,
        (mail) => `${mail.subject}\n${mail.text}`,
        () => emails?.list() ?? [],
        'an e-mail',
      ),
      sms: first(
        sms,
        (message) => message.text,
        () => sms?.list() ?? [],
        'an SMS',
      ),
      emails: () => [...(emails?.list() ?? [])],
      smss: () => [...(sms?.list() ?? [])],
    };
  }

  #wait<T>({ subject }: Subject, what: string, within: Duration | undefined, look: () => T | undefined): Promise<T> {
    return waitFor(this.#time, msOf(within ?? DEFAULT_WITHIN), {
      what,
      look,
      watch: (changed) => this.#process.model.onChange(changed),
      story: () => this.#process.story(subject),
    });
  }
}
