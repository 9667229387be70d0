import type { DeadLetterView, GroupView, SiteView } from '../contracts/http.ts';
import type { SiteEvent } from '../contracts/site-events.ts';
import {
  type About,
  type DetectorHandle,
  type FloorHandle,
  type InboxHandle,
  type LampHandle,
  subjectOf,
  type ValveHandle,
  type Within,
} from './handles.ts';
import { Assertions, type NotifiedQuery, unexpected } from './kit/assertions.ts';
import { Chaos } from './kit/chaos/chaos.ts';
import { type Allowed, Expected } from './kit/expected.ts';
import { detectorHandle, floorHandle, valveHandle } from './kit/handles/devices.ts';
import type { HandleParts } from './kit/handles/parts.ts';
import { inboxHandle, lampHandle } from './kit/handles/told.ts';
import { fitsQuery, type NotificationQuery, type SentNotification } from './kit/notifications.ts';
import type { Recording } from './kit/record/recording-run.ts';
import type { SiteClock } from './kit/site-time.ts';
import { WatchedProcess, type WatchedProcessOptions } from './kit/watched-process.ts';
import { seededRandom } from './random.ts';
import type { SiteProcess } from './site-process.ts';

/** A running site: its detectors, valves, lamps and inboxes in a program's hands. */
export class Site {
  readonly inbox: InboxHandle;
  /** Faults on purpose: docs/chaos.md. */
  readonly chaos: Chaos;
  readonly #watched: WatchedProcess;
  readonly #strict: boolean;
  readonly #expected: Expected;
  readonly #assertions: Assertions;
  readonly #handleParts: HandleParts;
  #stopped: Promise<void> | undefined;

  constructor({ strict, allow, ...options }: WatchedProcessOptions & { strict: boolean; allow: readonly Allowed[] }) {
    const watched = new WatchedProcess(options);
    const { process, ledger, time, sent } = watched;
    this.#watched = watched;
    this.#strict = strict;
    this.#expected = new Expected(allow);
    this.#assertions = new Assertions({
      time,
      sent,
      expected: this.#expected,
      passed: () => watched.passed(),
      happened: () => watched.happened(),
      story: (subject) => watched.story(subject),
    });
    this.#handleParts = { watched, expected: this.#expected, assertions: this.#assertions };
    this.inbox = inboxHandle(this.#handleParts);
    this.chaos = new Chaos({
      process,
      config: watched.config,
      ledger,
      time,
      random: seededRandom(process.seed).fork('chaos'),
      logger: options.logger,
    });
  }

  /** For `startSite`. */
  async start(): Promise<void> {
    try {
      await this.#watched.start(this.chaos);
    } catch (error) {
      await this.#watched.stop();
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
    this.#stopped = strict ? this.#judgeAndStop() : this.#watched.stop();
    return this.#stopped;
  }

  async #judgeAndStop(): Promise<void> {
    try {
      await this.#watched.passed();
    } finally {
      await this.#watched.stop();
    }
    const surprises = this.#assertions.surprises();
    if (surprises.length > 0) throw unexpected(surprises);
  }

  /** The site's time. */
  get clock(): SiteClock {
    return this.#watched.time.hands;
  }

  /**
   * Resolves when the site has settled: no message is on its way, every group is at the end of its topics, nothing is being
   * sent. What others wrote to Kafka, or published over MQTT at QoS 1, by then counts too. @throws SmokewireError SETTLE_TIMEOUT
   */
  settled(): Promise<void> {
    return this.#watched.settled();
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
    return this.#watched.process.view();
  }

  detector(id: number): DetectorHandle {
    return detectorHandle(this.#handleParts, id);
  }

  valve(floor: number): ValveHandle {
    return valveHandle(this.#handleParts, floor);
  }

  floor(floor: number): FloorHandle {
    return floorHandle(this.#handleParts, floor);
  }

  lamp(lamp: string): LampHandle {
    return lampHandle(this.#handleParts, lamp);
  }

  /** What people were told so far: e-mails and SMS that were sent, lamps that went on or off; in the order of time. */
  notifications(query: NotificationQuery = {}): SentNotification[] {
    return this.#watched.sent.list().filter(fitsQuery(query));
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
    return this.#watched.events();
  }

  /**
   * What became of something, in lines for people: each hop on its way with time, topic, partition and offset, where it
   * stopped, and why. Without a subject, how far the records of each topic got.
   */
  story(about?: About): Promise<string> {
    return this.#watched.story(about && subjectOf(about));
  }

  /** Calls `listener` with everything that happens from now on; the answer ends that. */
  onEvent(listener: (event: SiteEvent) => void): () => void {
    return this.#watched.process.events.onEvent(({ event }) => listener(event));
  }

  /**
   * Records what enters the site from now on (signals, presence, what operators and valves do), and what people are to be
   * told of it, until the recording is stopped: docs/record-replay.md.
   */
  record(): Promise<Recording> {
    const { time, process } = this.#watched;
    return time.done(process.record());
  }

  /** What nobody could handle, newest first. */
  deadLetters(): DeadLetterView[] {
    return this.#watched.deadLetters();
  }

  /** Where each consumer group stands. */
  groups(): Promise<GroupView[]> {
    return this.#watched.process.groups();
  }

  /** The running parts themselves, for those who want to break them. */
  get parts(): Pick<SiteProcess, 'embedded' | 'fleet' | 'valves' | 'canary' | 'slot'> {
    return this.#watched.process;
  }
}
