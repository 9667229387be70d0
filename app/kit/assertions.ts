import { SmokewireError } from '../../contracts/errors.ts';
import type { Channel } from '../../contracts/kafka-topics.ts';
import { DEFAULT_WITHIN, subjectOf, type Within } from '../handles.ts';
import { waitFor } from '../wait.ts';
import type { Expected, Happened } from './expected.ts';
import {
  channelsOf,
  fitsQuery,
  type NotificationQuery,
  notificationInWords,
  queryInWords,
  type SentNotification,
  timeOfDay,
} from './notifications.ts';
import type { Sent } from './sent.ts';
import { msOf, type SiteTime } from './site-time.ts';

/** Who has to be told: by each of the channels, by all of them unless some are named. */
export interface NotifiedQuery extends NotificationQuery, Within {
  /** How many notifications over each channel, since the site was started; at least one unless given. */
  readonly times?: number;
}

export interface AssertionsOptions {
  readonly time: SiteTime;
  readonly sent: Sent;
  readonly expected: Expected;
  /** Resolves when all that had begun by now, and all that came of it, is over. */
  passed(): Promise<void>;
  happened(): Happened;
  story(subject: string | undefined): Promise<string>;
}

/** So many of the notifications that were sent instead are told. */
const INSTEAD = 10;

/** What a test says of a site: that something happened, within a time of the site, or that it did not, once what was under way is over. */
export class Assertions {
  readonly #options: AssertionsOptions;

  constructor(options: AssertionsOptions) {
    this.#options = options;
  }

  /** @throws SmokewireError WAIT_TIMEOUT, UNEXPECTED_EVENTS where it was more than `times` */
  async notified({ times, within = DEFAULT_WITHIN, ...query }: NotifiedQuery = {}): Promise<SentNotification[]> {
    const { time, sent, expected } = this.#options;
    const fits = fitsQuery(query);
    const counts = () => channelsOf(query.channel).map((channel) => this.#count(channel, fits));
    const subject = query.about && subjectOf(query.about);
    const what = `${queryInWords(query)}${times === undefined ? '' : `, ${times} over each channel`}`;
    await waitFor(time, msOf(within), {
      what,
      look: () => counts().every((count) => count >= (times ?? 1)) || undefined,
      watch: (changed) => sent.onChange(changed),
      story: async () => [await this.#options.story(subject), ...this.#insteadOf(fits)].join('\n'),
    });
    // Whoever is told beside the first one, is told by then.
    await this.#options.passed();
    const found = sent.list().filter(fits);
    if (times !== undefined && counts().some((count) => count > times)) {
      throw new SmokewireError('UNEXPECTED_EVENTS', `more than ${what}:\n${lines(found)}`);
    }
    const ids = new Set(found.map(({ id }) => id));
    expected.asked(({ id }) => ids.has(id));
    return found;
  }

  /** Proves that nobody was told, since the site was started and for `within` more. @throws SmokewireError UNEXPECTED_EVENTS */
  async notNotified({ within, ...query }: NotificationQuery & Within = {}): Promise<void> {
    await this.#pass(within);
    const found = this.#options.sent.list().filter(fitsQuery(query));
    if (found.length === 0) return;
    throw new SmokewireError(
      'UNEXPECTED_EVENTS',
      `there was to be no ${queryInWords(query)}, and there is:\n${lines(found)}\n${await this.#cause(found)}`,
    );
  }

  /** Proves that a state does not come, for `within` from now. @throws SmokewireError UNEXPECTED_EVENTS */
  async never({ what, within, is, watch, story }: Never): Promise<void> {
    const seen: string[] = [];
    const { time } = this.#options;
    const look = () => {
      if (seen.length === 0 && is()) seen.push(timeOfDay(time.clock.now()));
    };
    const unwatch = watch(look);
    try {
      await this.#pass(within);
      look();
    } finally {
      unwatch();
    }
    if (seen.length === 0) return;
    throw new SmokewireError('UNEXPECTED_EVENTS', `${what} at ${seen[0]}\n${await this.#options.story(story)}`);
  }

  /** Proves that nothing happens that nobody expects, so far and for `within` more. @throws SmokewireError UNEXPECTED_EVENTS */
  async stayedQuiet({ within }: Within = {}): Promise<void> {
    await this.#pass(within);
    const surprises = this.surprises();
    if (surprises.length > 0) throw unexpected(surprises);
  }

  /** What nobody expected so far, a line each. */
  surprises(): string[] {
    return this.#options.expected.surprises(this.#options.happened());
  }

  /** Lets time pass where it is asked for, and then everything come to rest. */
  async #pass(within: Within['within'] | undefined): Promise<void> {
    if (within !== undefined) await this.#options.time.hands.advance(within);
    await this.#options.passed();
  }

  #count(channel: Channel, fits: (sent: SentNotification) => boolean): number {
    return this.#options.sent.list().filter((sent) => sent.channel === channel && fits(sent)).length;
  }

  #insteadOf(fits: (sent: SentNotification) => boolean): string[] {
    const list = this.#options.sent.list();
    const [meant, others] = [list.filter(fits), list.filter((sent) => !fits(sent))];
    return [
      ...(meant.length > 0 ? ['sent of it:', lines(meant)] : []),
      ...(others.length > 0 ? ['sent instead:', lines(others)] : meant.length > 0 ? [] : ['nothing was sent']),
    ];
  }

  /** The story of the first of them. */
  #cause([first]: readonly SentNotification[]): Promise<string> {
    return this.#options.story(first?.subject);
  }
}

/** A state that is not to come. */
export interface Never {
  readonly within: Within['within'] | undefined;
  /** As the beginning of "… at 00:00:12.000". */
  readonly what: string;
  is(): boolean;
  /** Calls `look` whenever `is` may answer otherwise; gives back what ends that. */
  watch(look: () => void): () => void;
  /** Whose story is told when it came. */
  readonly story: string;
}

/** @returns the error that names each thing that nobody expected */
export function unexpected(surprises: readonly string[]): SmokewireError {
  const what = surprises.length === 1 ? 'one thing' : `${surprises.length} things`;
  return new SmokewireError(
    'UNEXPECTED_EVENTS',
    `${what} happened that nobody expected:\n${surprises.map((line) => `  ${line}`).join('\n')}\nask for it, or allow it: startSite({ allow: [{ notification: { about: 'detector/8' } }] })`,
  );
}

function lines(sent: readonly SentNotification[]): string {
  const told = sent.slice(0, INSTEAD).map((one) => `  ${notificationInWords(one)}`);
  return [...told, ...(sent.length > INSTEAD ? [`  … ${sent.length - INSTEAD} more`] : [])].join('\n');
}
