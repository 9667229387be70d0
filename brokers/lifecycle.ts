/**
 * Starts and stops of one part, done one after the other in the order in which they were asked for. So a stop during a
 * start waits for it and undoes it, a second stop waits for the first, and a stopped part can start again.
 */
export class Lifecycle<Running> {
  #running: Running | undefined;
  #last: Promise<void> = Promise.resolve();

  /** What `open` gave, while it runs. */
  get running(): Running | undefined {
    return this.#running;
  }

  start(open: () => Promise<Running>): Promise<void> {
    return this.#next(async () => {
      this.#running ??= await open();
    });
  }

  stop(close: (running: Running) => Promise<void>): Promise<void> {
    return this.#next(async () => {
      const running = this.#running;
      this.#running = undefined;
      if (running !== undefined) await close(running);
    });
  }

  #next(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
