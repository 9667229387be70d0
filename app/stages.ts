import { SmokewireError } from '../contracts/errors.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Service } from '../contracts/service.ts';

/**
 * Services that start in stages, those of one stage side by side, and stop in the reverse order. A stop that comes during
 * the start cuts it short: what has started is stopped, and the start rejects with STOPPED.
 */
export class Stages {
  readonly #logger: Logger;
  readonly #running: (readonly Service[])[] = [];
  readonly #stop = new AbortController();
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Aborts when the stop begins. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Starts the services of one stage. When one of them fails the others are left to `stop`. */
  start(...services: readonly Service[]): Promise<void> {
    this.#refuseWhenStopping();
    this.#running.push(services);
    const started = Promise.all(services.map((service) => service.start())).then(() => this.#refuseWhenStopping());
    this.#starting = Promise.allSettled([this.#starting, started]).then(() => undefined);
    return started;
  }

  /** What is missing until all that was started can do its work. */
  missing(): string[] {
    return this.#running.flat().flatMap((service) => service.missing());
  }

  /** Stops everything, last stage first; returns when nothing is left running. One service's failure does not spare the next. */
  stop(): Promise<void> {
    this.#stop.abort();
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (let stage = this.#running.pop(); stage; stage = this.#running.pop()) {
      const results = await Promise.allSettled(stage.map((service) => service.stop()));
      for (const [i, result] of results.entries()) {
        if (result.status === 'rejected') {
          this.#logger.error({ service: stage[i]?.name, err: result.reason }, 'a service did not stop cleanly');
        }
      }
    }
    await this.#starting;
  }

  #refuseWhenStopping(): void {
    if (this.#stop.signal.aborted) throw new SmokewireError('STOPPED', 'stopped while it was starting');
  }
}
