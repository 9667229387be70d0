import type { Clock } from '../contracts/clock.ts';
import { parseConfig } from '../contracts/config.ts';
import type { Duration } from '../contracts/duration.ts';
import { SmokewireError } from '../contracts/errors.ts';
import type { DeadLetterView, DetectorAction, GroupView, SiteView } from '../contracts/http.ts';
import { acceptedSchema, DETECTOR_ACTIONS } from '../contracts/http.ts';
import type { Logger } from '../contracts/logger.ts';
import type { ValvePosition } from '../contracts/mqtt-payloads.ts';
import type { Random } from '../contracts/random.ts';
import { ROLES } from '../contracts/roles.ts';
import type { SiteEvent } from '../contracts/site-events.ts';
import { realClock } from './clock.ts';
import {
  DEFAULT_WITHIN_MS,
  type DetectorHandle,
  type FloorHandle,
  type InboxHandle,
  isAbout,
  type LampHandle,
  type MessageQuery,
  type Subject,
  type ValveHandle,
} from './handles.ts';
import { silentLogger } from './logger.ts';
import { realRandom } from './random.ts';
import { SiteApi } from './site-api.ts';
import { SiteProcess } from './site-process.ts';
import { waitFor } from './wait.ts';

/** What a site of the library may be given; each setting is that of the flag of the same name. Ports are 0 unless given. */
export interface SiteOptions {
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
  const { logger = silentLogger, retryDelaysMs, sendTimeoutMs, ...settings } = options;
  const site = new Site({
    clock: realClock,
    random: realRandom,
    logger,
    retryDelaysMs,
    sendTimeoutMs,
    settings: { mqttPort: 0, kafkaPort: 0, smtpPort: 0, port: 0, ...settings },
  });
  await site.start();
  return site;
}

/** A running site: its detectors, valves, lamps and inboxes in a program's hands. */
export class Site {
  readonly inbox: InboxHandle;
  readonly #process: SiteProcess;
  readonly #clock: Clock;

  constructor(options: {
    clock: Clock;
    random: Random;
    logger: Logger;
    retryDelaysMs: readonly number[] | undefined;
    sendTimeoutMs: number | undefined;
    settings: object;
  }) {
    const { clock, random, logger, retryDelaysMs, sendTimeoutMs, settings } = options;
    this.#clock = clock;
    this.#process = new SiteProcess({
      config: parseConfig(settings),
      roles: ROLES,
      embed: true,
      clock,
      wireClock: realClock,
      random,
      logger,
      ...(retryDelaysMs && { retryDelaysMs }),
      ...(sendTimeoutMs !== undefined && { sendTimeoutMs }),
    });
    this.inbox = this.#inbox();
  }

  /** For `startSite`. */
  async start(): Promise<void> {
    try {
      await this.#process.start();
    } catch (error) {
      await this.#process.stop();
      throw error;
    }
  }

  /** Drains and closes everything; when it resolves no timer and no socket is left. */
  stop(): Promise<void> {
    return this.#process.stop();
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
    const act = (action: DetectorAction) => () => fleet.act(id, action);
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
      is: (state, { withinMs } = {}) =>
        this.#wait(subject, `detector ${id} to be ${state}`, withinMs, () => {
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
      async ({ withinMs }: { withinMs?: number } = {}) => {
        await this.#wait(subject, `valve ${floor} to be ${position}`, withinMs, () =>
          model.floors.view(floor)?.valve.position === position ? true : undefined,
        );
      };
    const switchTo = (position: ValvePosition) => async () =>
      acceptedSchema.parse(await this.#api.send('PUT', `/api/v1/floors/${floor}/valve`, { position })).id;
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
    const reset = async () => void (await this.#api.send('POST', `/api/v1/floors/${floor}/reset`));
    return { subject: `floor/${floor}`, floor, reset };
  }

  lamp(lamp: string): LampHandle {
    const { model } = this.#process;
    const is =
      (on: boolean) =>
      ({ withinMs }: { withinMs?: number } = {}) =>
        this.#wait({ subject: lamp }, `lamp ${lamp} to be ${on ? 'on' : 'off'}`, withinMs, () => {
          const view = model.lamp(lamp);
          return view?.on === on ? view : undefined;
        });
    return { lamp, on: is(true), off: is(false) };
  }

  /** Calls `listener` with everything that happens from now on; the answer ends that. */
  onEvent(listener: (event: SiteEvent) => void): () => void {
    return this.#process.events.onEvent(({ event }) => listener(event));
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
  get #api(): SiteApi {
    return new SiteApi(this.#process.url);
  }

  #inbox(): InboxHandle {
    const { emails, sms } = this.#process.embedded.inboxes;
    const first =
      <T>(box: typeof emails | typeof sms, words: (item: T) => string, list: () => readonly T[], kind: string) =>
      (query: MessageQuery = {}): Promise<T> => {
        const { about, matching, withinMs } = query;
        const fits = (item: T) => (!about || isAbout(words(item), about)) && (!matching || matching.test(words(item)));
        const what = `${kind}${about ? ` about ${about.subject}` : ''}${matching ? ` matching ${matching}` : ''}`;
        return waitFor(this.#clock, withinMs ?? DEFAULT_WITHIN_MS, {
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

  #wait<T>({ subject }: Subject, what: string, withinMs: number | undefined, look: () => T | undefined): Promise<T> {
    return waitFor(this.#clock, withinMs ?? DEFAULT_WITHIN_MS, {
      what,
      look,
      watch: (changed) => this.#process.model.onChange(changed),
      story: () => this.#process.story(subject),
    });
  }
}
