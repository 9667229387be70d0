import type { Clock, Timer } from '../contracts/clock.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Ended, Reader, Receiver, Transit } from '../contracts/transit.ts';

const NO_TIMER: Timer = { cancel: () => {} };
const nothing = () => {};

/** An end that comes at once for everybody who has to hear of it, and what of the world ends with it. */
export class Ending {
  readonly #hears = new Set<() => void>();
  #over = false;

  get over(): boolean {
    return this.#over;
  }

  /** Calls `hear` at the end; the answer takes that back. */
  onceOver(hear: () => void): () => void {
    this.#hears.add(hear);
    return () => void this.#hears.delete(hear);
  }

  end(): void {
    this.#over = true;
    for (const hear of this.#hears) hear();
    this.#hears.clear();
  }

  /** Its timers end, and it makes no new ones. */
  clock(clock: Clock): Clock {
    const owned = (set: (fire: () => void) => Timer, fire: () => void, once: boolean): Timer => {
      if (this.#over) return NO_TIMER;
      const timer = set(() => {
        if (once) forget();
        fire();
      });
      const forget = this.onceOver(() => timer.cancel());
      return {
        cancel: () => {
          forget();
          timer.cancel();
        },
      };
    };
    return {
      now: () => clock.now(),
      after: (name, delayMs, fire) => owned((due) => clock.after(name, delayMs, due), fire, true),
      every: (name, periodMs, fire) => owned((due) => clock.every(name, periodMs, due), fire, false),
    };
  }

  /** The machine's time: afterwards nobody waits, so that what is left is stopped at once. */
  wireClock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      after: (name, delayMs, fire) => clock.after(name, this.#over ? 0 : delayMs, fire),
      every: (name, periodMs, fire) => clock.every(name, periodMs, fire),
    };
  }

  /** It says nothing afterwards. */
  logger(logger: Logger): Logger {
    const line = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
      if (!this.#over) logger[level](fields, message);
    };
    return {
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      child: (fields) => this.logger(logger.child(fields)),
    };
  }

  /** What was under way is no longer, and nobody reads or receives. */
  transit(transit: Transit): Transit {
    return {
      begin: (hop, what) => (this.#over ? nothing : this.#once(transit.begin(hop, what))),
      published: (topic) => transit.published(topic),
      withheld: (topic) => transit.withheld(topic),
      written: (topic, partition, end) => transit.written(topic, partition, end),
      hold: (hop, what) => transit.hold(hop, what),
      turn: (what) => transit.turn(what),
      passage: (hop, what) => transit.passage(hop, what),
      receiver: (clientId, options) => this.#receiver(transit.receiver(clientId, options)),
      reader: () => this.#reader(transit.reader()),
    };
  }

  #once(end: Ended): Ended {
    const forget = this.onceOver(end);
    return () => {
      forget();
      end();
    };
  }

  #receiver(receiver: Receiver): Receiver {
    this.onceOver(() => receiver.away());
    return {
      live: () => this.#unlessOver(() => receiver.live()),
      away: () => this.#unlessOver(() => receiver.away()),
      received: (topic) => this.#unlessOver(() => receiver.received(topic)),
    };
  }

  #reader(reader: Reader): Reader {
    const end = this.#once(() => reader.end());
    return {
      at: (topic, partition, offset) => this.#unlessOver(() => reader.at(topic, partition, offset)),
      leave: (topic, partition) => this.#unlessOver(() => reader.leave(topic, partition)),
      waits: (waiting) => this.#unlessOver(() => reader.waits(waiting)),
      end,
    };
  }

  #unlessOver(act: () => void): void {
    if (!this.#over) act();
  }
}
