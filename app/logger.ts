import { destination, pino } from 'pino';
import type { Logger } from '../contracts/logger.ts';

/**
 * The real log: one JSON object a line on stderr, written at once so that nothing is lost when the process ends. pino
 * escapes every value, so a line break from outside cannot forge a line.
 */
export function stderrLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }));
}

const nothing = () => {};

/** No log, for a library that prints nothing unless asked. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};
