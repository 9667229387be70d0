import type { DeadLetterView } from '../../contracts/http.ts';
import type { LoggedError } from './error-log.ts';
import {
  type FitsNotification,
  fitsQuery,
  type NotificationQuery,
  notificationInWords,
  type SentNotification,
  timeOfDay,
} from './notifications.ts';

/** Which dead letters. */
export interface DeadLetterQuery {
  /** `emails.dead` */
  readonly topic?: string;
  /** `EMAIL_REFUSED` */
  readonly code?: string;
}

/** What may happen though nobody asks for it; for `log` what matches an error's message. */
export type Allowed =
  | { readonly notification: NotificationQuery }
  | { readonly deadLetter: DeadLetterQuery }
  | { readonly log: RegExp };

/** What happened of all that counts. */
export interface Happened {
  readonly notifications: readonly SentNotification[];
  readonly deadLetters: readonly DeadLetterView[];
  readonly errors: readonly LoggedError[];
}

/** Knows what somebody asked for, and what may happen, and so what nobody expected (docs/decisions/0091). */
export class Expected {
  readonly #asked: FitsNotification[] = [];
  readonly #letters: ((letter: DeadLetterView) => boolean)[] = [];
  readonly #errors: ((error: LoggedError) => boolean)[] = [];

  constructor(allowed: readonly Allowed[]) {
    for (const one of allowed) this.allow(one);
  }

  allow(allowed: Allowed): void {
    if ('notification' in allowed) this.#asked.push(fitsQuery(allowed.notification));
    else if ('log' in allowed) this.#errors.push(({ message }) => message.search(allowed.log) >= 0);
    else {
      const { topic, code } = allowed.deadLetter;
      this.#letters.push(
        (letter) => (topic === undefined || letter.topic === topic) && (code === undefined || letter.code === code),
      );
    }
  }

  /** Somebody asked for these, and got them. */
  asked(fits: FitsNotification): void {
    this.#asked.push(fits);
  }

  /** What nobody expected, a line each, in the order of time. */
  surprises({ notifications, deadLetters, errors }: Happened): string[] {
    const none = <T>(things: readonly T[], expected: readonly ((thing: T) => boolean)[]) =>
      things.filter((thing) => !expected.some((fits) => fits(thing)));
    return [
      ...none(notifications, this.#asked).map((sent) => ({ at: sent.at, line: notificationInWords(sent) })),
      ...none(deadLetters, this.#letters).map((letter) => ({ at: letter.at, line: deadLetterInWords(letter) })),
      ...none(errors, this.#errors).map((error) => ({ at: error.at, line: errorInWords(error) })),
    ]
      .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
      .map(({ line }) => line);
  }
}

function deadLetterInWords({ at, topic, partition, offset, origin, code, message }: DeadLetterView): string {
  const from = `${origin.topic}[${origin.partition}]@${origin.offset}`;
  return `${timeOfDay(at)} dead letter ${topic}[${partition}]@${offset}, from ${from}: ${code}: ${message}`;
}

function errorInWords({ at, message, fields }: LoggedError): string {
  return `${timeOfDay(at)} error in the log: ${message} ${JSON.stringify(fields)}`;
}
