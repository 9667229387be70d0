import type { Socket } from 'node:net';
import type { Clock } from '../contracts/clock.ts';
import { SmokewireError } from '../contracts/errors.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Transit } from '../contracts/transit.ts';
import type { Channel, Notice } from '../notifiers/channel.ts';
import type { Effect, Lifeline } from '../transport/lifeline.ts';
import { Ending } from './ending.ts';

/** A moment at which a life ends by itself: before or after the `nth` effect, from 1, of those that are meant. */
export interface FatalMoment {
  readonly when: 'before' | 'after';
  readonly means: (effect: Effect) => boolean;
  readonly nth: number;
}

/** What the roles of a process share. */
export interface Environment {
  readonly clock: Clock;
  readonly wireClock: Clock;
  readonly logger: Logger;
  readonly transit: Transit;
}

/**
 * One life of a role: it holds all that connects the role with the world, and can end at any moment as a process does that is
 * killed. From then on the role's sockets are cut and it gets no new ones; it writes, sends and logs nothing, and the site's
 * time passes without it. What is left of its parts still has to be stopped, for the memory that they hold.
 */
export class Life implements Lifeline {
  /** The environment as the role has it while it lives. */
  readonly environment: Environment;
  readonly #ending = new Ending();
  readonly #sockets = new Set<Socket>();
  #fate: { readonly moment: FatalMoment; count: number } | undefined;

  constructor({ clock, wireClock, logger, transit }: Environment) {
    this.environment = {
      clock: this.#ending.clock(clock),
      wireClock: this.#ending.wireClock(wireClock),
      logger: this.#ending.logger(logger),
      transit: this.#ending.transit(transit),
    };
  }

  get over(): boolean {
    return this.#ending.over;
  }

  onceOver(hear: () => void): () => void {
    return this.#ending.onceOver(hear);
  }

  /** It ends at this moment, if that comes; effects are counted from now on. */
  endAt(moment: FatalMoment): void {
    this.#fate = { moment, count: 0 };
  }

  /** It does not end by itself. */
  spare(): void {
    this.#fate = undefined;
  }

  end(): void {
    if (this.over) return;
    // With an error: kafkajs looks for no other sign that a connection is gone, and would keep its timers.
    for (const socket of this.#sockets) socket.destroy(killed());
    this.#ending.end();
  }

  opened(socket: Socket): void {
    if (this.over) {
      socket.destroy(killed());
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  around<T>(effect: Effect, act: () => Promise<T>): Promise<T> {
    const when = this.#fatal(effect);
    if (when === 'before') this.end();
    if (this.over) return Promise.reject(killed());
    return new Promise((resolve, reject) => {
      const forget = this.onceOver(() => reject(killed()));
      act()
        .then((result) => {
          if (when === 'after') this.end();
          resolve(result);
        }, reject)
        .finally(forget);
    });
  }

  /** The channel as this life sends by it. */
  channel<N extends Notice>(channel: Channel<N>): Channel<N> {
    const send: Channel<N>['send'] = async (event, signal) => {
      const cut = new AbortController();
      const forget = this.onceOver(() => cut.abort());
      try {
        const either = AbortSignal.any([signal, cut.signal]);
        return await this.around({ kind: 'send' }, () => channel.send(event, either));
      } catch (error) {
        // The dead answer nothing: whoever waits for it is about to be stopped.
        if (this.over) return await new Promise(() => {});
        throw error;
      } finally {
        forget();
      }
    };
    return { ...channel, send };
  }

  #fatal(effect: Effect): 'before' | 'after' | undefined {
    if (!this.#fate?.moment.means(effect)) return undefined;
    this.#fate.count += 1;
    const { moment, count } = this.#fate;
    return count === moment.nth ? moment.when : undefined;
  }
}

function killed(): SmokewireError {
  return new SmokewireError('STOPPED', 'the role was killed');
}
