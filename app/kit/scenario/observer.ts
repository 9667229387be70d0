import type { Logger } from '../../../contracts/logger.ts';
import { silentLogger } from '../../logger.ts';
import type { Site } from '../../site.ts';
import { ErrorLog } from '../error-log.ts';
import {
  compareHappenings,
  deadLetterHappening,
  emailHappening,
  errorHappening,
  eventHappening,
  type Happening,
  smsHappening,
} from './happenings.ts';

/**
 * Watches a site from the moment it is ready: what happens on its panel, what lies in people's inboxes, what goes wrong. What the
 * notifiers say that they sent counts for nothing.
 */
export class Observer {
  readonly #errors = new ErrorLog(() => this.#site?.clock.now() ?? 0);
  readonly #events: Happening[] = [];
  #site: Site | undefined;
  #start = 0;

  /** The log that the site has to write to. */
  get logger(): Logger {
    return this.#errors.wrap(silentLogger);
  }

  /** The site is ready: its time begins. */
  watch(site: Site): void {
    this.#site = site;
    this.#start = site.clock.now();
    site.onEvent((event) => {
      const happening = eventHappening(event, this.#start);
      if (happening) this.#events.push(happening);
    });
  }

  /** Milliseconds of the site's time since it was ready. */
  get now(): number {
    return this.#site ? this.#site.clock.now() - this.#start : 0;
  }

  /** Everything so far, in the order of time. */
  happenings(): Happening[] {
    if (!this.#site) return [];
    return [
      ...this.#events,
      ...this.#site.inbox.emails().map((mail) => emailHappening(mail, this.#start)),
      ...this.#site.inbox.smss().map((sms) => smsHappening(sms, this.#start)),
      ...this.#site.deadLetters().map((letter) => deadLetterHappening(letter, this.#start)),
      ...this.#errors.list().map((error) => errorHappening(error, this.#start)),
    ].toSorted(compareHappenings);
  }
}
