/**
 * Logging as a port; pino satisfies it. Values from outside go into `fields`, never into `message`, so that the
 * writer escapes them. `debug` for the normal course of things, `info` for what an operator wants to know once,
 * `warn` for what is degraded and being retried, `error` for what needs a person.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}
