import { rfc3339 } from '../../contracts/clock.ts';
import type { Logger } from '../../contracts/logger.ts';

/** An error in the log. */
export interface LoggedError {
  readonly at: string;
  readonly message: string;
  readonly fields: object;
}

/** Writes down the errors that pass through a logger. */
export class ErrorLog {
  readonly #errors: LoggedError[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  list(): readonly LoggedError[] {
    return this.#errors;
  }

  /** The same logger, and each error is written down. */
  wrap(logger: Logger, bound: object = {}): Logger {
    return {
      debug: (fields, message) => logger.debug(fields, message),
      info: (fields, message) => logger.info(fields, message),
      warn: (fields, message) => logger.warn(fields, message),
      error: (fields, message) => {
        this.#errors.push({ at: rfc3339(this.#now()), message, fields: { ...bound, ...fields } });
        logger.error(fields, message);
      },
      child: (fields) => this.wrap(logger.child(fields), { ...bound, ...fields }),
    };
  }
}
