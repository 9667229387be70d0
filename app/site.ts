import type { Inbox } from '../brokers/inbox.ts';
import { parseConfig } from '../contracts/config.ts';
import type { Duration } from '../contracts/duration.ts';
import { SmokewireError } from '../contracts/errors.ts';
import type { DeadLetterView, DetectorAction, GroupView, LampView, SiteView } from '../contracts/http.ts';
import { acceptedSchema, DETECTOR_ACTIONS } from '../contracts/http.ts';
import type { Logger } from '../contracts/logger.ts';
import type { ValvePosition } from '../contracts/mqtt-payloads.ts';
import { ROLES } from '../contracts/roles.ts';
import type { SiteEvent } from '../contracts/site-events.ts';
import { TopicReader } from '../transport/kafka/reader.ts';
import { realClock } from './clock.ts';
import {
  type About,
  DEFAULT_WITHIN,
  type DetectorHandle,
  type FloorHandle,
  type InboxHandle,
  isAbout,
  type LampHandle,
  type MessageQuery,
  subjectOf,
  type ValveHandle,
  type Within,
} from './handles.ts';
import { Assertions, type NotifiedQuery, unexpected } from './kit/assertions.ts';
import { Chaos } from './kit/chaos/chaos.ts';
import { ErrorLog } from './kit/error-log.ts';
import { type Allowed, Expected } from './kit/expected.ts';
import { Ledger } from './kit/ledger.ts';
import {
  type FitsNotification,
  fitsQuery,
  type NotificationQuery,
  type SentNotification,
} from './kit/notifications.ts';
import type { Recording } from './kit/record/recording-run.ts';
import { SENT_TOPICS, Sent } from './kit/sent.ts';
import { Settling } from './kit/settling.ts';
import { msOf, realTime, type SiteClock, type SiteTime, virtualTime } from './kit/site-time.ts';
import { placeOf } from './kit/story/hops.ts';
import { Turns } from './kit/turns.ts';
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
  /**
   * Whether `stop` rejects where something happened that nobody expected: a notification that no wait and no assertion has
   * asked for, a dead letter, an error in the log. Default false; `startSite` of `smokewire/vitest` is strict.
   */
  readonly strict?: boolean;
  /** What may happen though nobody asks for it. */
  readonly allow?: readonly Allowed[];
  /**
   * A file to which the site adds, when it stops, what it was put through, for `smokewire walk-test report`; default what
   * SMOKEWIRE_WALK_TEST says, so that a whole suite can be asked.
   */
  readonly walkTest?: string;
  /** Silent unless given. */
  readonly logger?: Logger;
}

/**
 * Starts a whole site in this process, on embedded servers unless addresses are given; resolves once everything is
 * subscribed and every detector is connected. Nothing is printed, and nothing but SMOKEWIRE_WALK_TEST is read from the
 * environment.
 * @throws SmokewireError CONFIG_INVALID, PORT_IN_USE, KAFKA_UNREACHABLE, MQTT_UNREACHABLE; nothing is left running then
 */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const { clock = 'real', logger = silentLogger, retryDelaysMs, sendTimeoutMs, ...rest } = options;
  const { strict = false, allow = [], walkTest = process.env['SMOKEWIRE_WALK_TEST'], ...settings } = rest;
  const site = new Site({
    walkTest,
    virtual: clock === 'virtual',
    strict,
    allow,
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
  /** Faults on purpose: docs/chaos.md. */
  readonly chaos: Chaos;
  readonly #process: SiteProcess;
  readonly #ledger: Ledger;
  readonly #time: SiteTime;
  readonly #settling: Settling;
  readonly #strict: boolean;
  readonly #events: SiteEvent[] = [];
  readonly #sent = new Sent();
  readonly #errors: ErrorLog;
  readonly #expected: Expected;
  readonly #assertions: Assertions;
  /** Dead letters that were there before. */
  #buried: ReadonlySet<string> = new Set();
  #stopped: Promise<void> | undefined;

  constructor(options: {
    walkTest: string | undefined;
    virtual: boolean;
    strict: boolean;
    allow: readonly Allowed[];
    logger: Logger;
    retryDelaysMs: readonly number[] | undefined;
    sendTimeoutMs: number | undefined;
    settings: object;
  }) {
    const { virtual, strict, allow, logger, retryDelaysMs, sendTimeoutMs, settings } = options;
    const config = parseConfig(virtual ? { seed: VIRTUAL_SEED, ...settings } : settings);
    const turns = new Turns();
    this.#ledger = new Ledger(virtual ? turns : undefined);
    this.#settling = new Settling(this.#ledger, realClock, turns);
    const settled = () => this.#settling.settled();
    this.#time = virtual ? virtualTime(new VirtualClock(settled), settled, turns) : realTime(realClock, settled);
    this.#errors = new ErrorLog(() => this.#time.clock.now());
    this.#process = new SiteProcess({
      walkTest: options.walkTest,
      config,
      roles: ROLES,
      embed: true,
      clock: this.#time.clock,
      wireClock: realClock,
      random: virtual && config.seed !== undefined ? seededRandom(config.seed).fork('ids') : realRandom,
      logger: this.#errors.wrap(logger),
      transit: this.#ledger,
      virtualTime: virtual,
      follower: (client) =>
        new TopicReader({
          client,
          name: 'notifications',
          topics: SENT_TOPICS,
          onRecord: (record) => this.#sent.apply(record),
        }),
      ...(retryDelaysMs && { retryDelaysMs }),
      ...(sendTimeoutMs !== undefined && { sendTimeoutMs }),
    });
    this.#process.events.onEvent(({ event }) => void this.#events.push(event));
    this.#strict = strict;
    this.#expected = new Expected(allow);
    this.#assertions = new Assertions({
      time: this.#time,
      sent: this.#sent,
      expected: this.#expected,
      passed: () => this.#passed(),
      happened: () => ({
        notifications: this.#sent.list(),
        deadLetters: this.deadLetters().filter((letter) => !this.#buried.has(placeOf(letter))),
        errors: this.#errors.list(),
      }),
      story: (subject) => this.story(subject),
    });
    this.inbox = this.#inbox();
    this.chaos = new Chaos({
      process: this.#process,
      config,
      ledger: this.#ledger,
      time: this.#time,
      random: seededRandom(this.#process.seed).fork('chaos'),
      logger,
    });
  }

  /** For `startSite`. */
  async start(): Promise<void> {
    try {
      await this.#time.done(this.#process.start());
      await this.#process.attach(this.chaos);
      this.#buried = new Set(this.deadLetters().map(placeOf));
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  /**
   * Drains and closes everything; when it ends no timer and no socket is left.
   * With `strict: false` a strict site is not asked what happened.
   * @throws SmokewireError UNEXPECTED_EVENTS, the first time, where the site is strict and something happened that nobody expected
   */
  stop({ strict = this.#strict }: { readonly strict?: boolean } = {}): Promise<void> {
    if (this.#stopped) return this.#stopped.catch(() => {});
    this.#stopped = strict ? this.#judgeAndStop() : this.#end();
    return this.#stopped;
  }

  async #judgeAndStop(): Promise<void> {
    try {
      await this.#passed();
    } finally {
      await this.#end();
    }
    const surprises = this.#assertions.surprises();
    if (surprises.length > 0) throw unexpected(surprises);
  }

  #end(): Promise<void> {
    this.#settling.stop();
    return this.#process.stop();
  }

  /** The site's time. */
  get clock(): SiteClock {
    return this.#time.hands;
  }

  /**
   * Resolves when the site has settled: no message is on its way, every group is at the end of its topics, nothing is being
   * sent. What others wrote to Kafka, or published over MQTT, by then counts too. @throws SmokewireError SETTLE_TIMEOUT
   */
  async settled(): Promise<void> {
    this.#ledger.doubt();
    await this.#time.settled();
    await this.#lookAtKafka();
    await this.#time.settled();
  }

  /** What the site was told by now has passed through it; in virtual time, with which nothing else goes on, it has settled. */
  async #passed(): Promise<void> {
    if (this.clock.kind === 'virtual') return await this.settled();
    await this.#lookAtKafka();
    await this.#settling.passed();
  }

  /** Others may have written there, too. */
  async #lookAtKafka(): Promise<void> {
    for (const { topic, partition, end } of await this.#process.topicEnds())
      this.#ledger.written(topic, partition, end);
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
    const { model } = this.#process;
    const subject = `detector/${id}`;
    const act = (action: DetectorAction) => () => this.#time.act(() => this.#process.act(id, action));
    const [trip, clear, kill, silence, revive] = DETECTOR_ACTIONS.map(act);
    if (!trip || !clear || !kill || !silence || !revive) throw new SmokewireError('INTERNAL', 'an action is missing');
    return {
      subject,
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
      isNot: (state, { within } = {}) =>
        this.#assertions.never({
          what: `detector ${id} was ${state}`,
          within,
          is: () => model.detectors.view(id)?.state === state,
          watch: (changed) => model.onChange(changed),
          story: subject,
        }),
    };
  }

  valve(floor: number): ValveHandle {
    const { model } = this.#process;
    const subject = `floor/${floor}`;
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
      notOpened: ({ within } = {}) =>
        this.#assertions.never({
          what: `valve ${floor} was open`,
          within,
          is: () => model.floors.view(floor)?.valve.position === 'open',
          watch: (changed) => model.onChange(changed),
          story: subject,
        }),
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
    const is =
      (on: boolean) =>
      ({ within }: Within = {}) =>
        this.#lamp(`lamp ${lamp} to be ${on ? 'on' : 'off'}`, lamp, within, () => {
          const view = this.#process.model.lamp(lamp);
          return view?.on === on ? view : undefined;
        });
    return { lamp, on: is(true), off: is(false) };
  }

  /** What people were told so far: e-mails and SMS that were sent, lamps that went on or off; in the order of time. */
  notifications(query: NotificationQuery = {}): SentNotification[] {
    return this.#sent.list().filter(fitsQuery(query));
  }

  /**
   * Resolves once people were told over each of the channels, with all that fits. What was sent before counts too.
   * @throws SmokewireError WAIT_TIMEOUT with the story of what it is about
   */
  notified(query?: NotifiedQuery): Promise<SentNotification[]> {
    return this.#assertions.notified(query);
  }

  /**
   * Proves that people were not told over any of the channels, so far and for `within` more: then the site has settled.
   * @throws SmokewireError UNEXPECTED_EVENTS
   */
  notNotified(query?: NotificationQuery & Within): Promise<void> {
    return this.#assertions.notNotified(query);
  }

  /**
   * Proves that nothing happened that nobody expected, so far and for `within` more: no notification that no wait and no
   * assertion has asked for, no dead letter, no error in the log. @throws SmokewireError UNEXPECTED_EVENTS
   */
  stayedQuiet(options?: Within): Promise<void> {
    return this.#assertions.stayedQuiet(options);
  }

  /** From now on this may happen, and may have happened, though nobody asks for it. */
  allow(...allowed: readonly Allowed[]): void {
    for (const one of allowed) this.#expected.allow(one);
  }

  /** All that happened so far. */
  events(): SiteEvent[] {
    return [...this.#events];
  }

  /**
   * What became of something, in lines for people: each hop on its way with time, topic, partition and offset, where it
   * stopped, and why. Without a subject, how far the records of each topic got.
   */
  story(about?: About): Promise<string> {
    return this.#process.story(about && subjectOf(about), (channel, id) => this.#ledger.isUnderWay(channel, id));
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
    return this.#time.act(() => {
      const over = this.#ledger.begin('http', `${method} ${path}`);
      return new SiteApi(this.#process.url).send(method, path, body).finally(over);
    });
  }

  #inbox(): InboxHandle {
    const { emails, sms } = this.#process.embedded.inboxes;
    return {
      email: (query) =>
        this.#message(query, 'an e-mail', emails, {
          words: (mail) => `${mail.subject}\n${mail.text}`,
          // The Message-ID is made of the notification's.
          sent: (mail) => (sent) => sent.channel === 'email' && mail.id.includes(sent.id),
        }),
      sms: (query) =>
        this.#message(query, 'an SMS', sms, {
          words: (message) => message.text,
          sent: (message) => (sent) => sent.channel === 'sms' && sent.to === message.to && sent.text === message.text,
        }),
      lamp: ({ about, matching, within } = {}) =>
        this.#lamp(`a lamp to be on${inWords(about, matching)}`, about && subjectOf(about), within, () =>
          this.#process.model.lamps.find(
            ({ lamp, on, text }) =>
              on && (!about || lamp === subjectOf(about)) && (!matching || text.search(matching) >= 0),
          ),
        ),
      emails: () => [...(emails?.list() ?? [])],
      smss: () => [...(sms?.list() ?? [])],
    };
  }

  /** The first message in an inbox that fits. */
  async #message<T>(
    { about, matching, within = DEFAULT_WITHIN }: MessageQuery = {},
    what: string,
    box: Inbox<T> | undefined,
    { words, sent }: { words: (item: T) => string; sent: (item: T) => FitsNotification },
  ): Promise<T> {
    const fits = (item: T) =>
      (!about || isAbout(words(item), about)) && (!matching || words(item).search(matching) >= 0);
    const message = await waitFor(this.#time, msOf(within), {
      what: `${what}${inWords(about, matching)}`,
      look: () => box?.list().find(fits),
      watch: (changed) => box?.onReceived(changed) ?? (() => {}),
      story: () => this.story(about),
    });
    this.#expected.asked(sent(message));
    return message;
  }

  /** A lamp as it is asked for. */
  async #lamp(what: string, about: string | undefined, within: Duration | undefined, look: () => LampView | undefined) {
    const view = await this.#wait(about, what, within, look);
    const title = view.on ? 'on' : 'off';
    this.#expected.asked(
      (sent) =>
        sent.channel === 'lamp' && sent.to === view.lamp && sent.incident === view.incident && sent.title === title,
    );
    return view;
  }

  #wait<T>(
    about: string | undefined,
    what: string,
    within: Duration | undefined,
    look: () => T | undefined,
  ): Promise<T> {
    return waitFor(this.#time, msOf(within ?? DEFAULT_WITHIN), {
      what,
      look,
      watch: (changed) => this.#process.model.onChange(changed),
      story: () => this.story(about),
    });
  }
}

/** The end of what is waited for. */
function inWords(about: About | undefined, matching: RegExp | undefined): string {
  return `${about ? ` about ${subjectOf(about)}` : ''}${matching ? ` matching ${matching}` : ''}`;
}
