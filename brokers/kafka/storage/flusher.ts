import { open } from 'node:fs/promises';
import type { Clock, Timer } from '../../../contracts/clock.ts';
import { messageOf } from '../../../contracts/errors.ts';
import type { Logger } from '../../../contracts/logger.ts';

/** So much of what was acknowledged may be lost when the machine, not just the process, stops. */
const FLUSH_EVERY_MS = 1_000;

/**
 * Has the operating system write to the disk what was written to files: a second after the first change, all that changed
 * since. Nobody waits for it. By handles of its own, so that others may close theirs at any moment.
 */
export class Flusher {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #dirty = new Set<string>();
  #timer: Timer | undefined;
  #flushing: Promise<void> | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  touched(path: string): void {
    this.#dirty.add(path);
    if (!this.#flushing) this.#timer ??= this.#clock.after('kafka flush', FLUSH_EVERY_MS, () => void this.#flush());
  }

  /** The file is no more. */
  removed(path: string): void {
    this.#dirty.delete(path);
  }

  /** Resolves when everything is on the disk. */
  async stop(): Promise<void> {
    await this.#flushing;
    await this.#flush();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const paths = this.#dirty;
    this.#dirty = new Set();
    this.#flushing = this.#sync(paths).finally(() => {
      this.#flushing = undefined;
      const [next] = this.#dirty;
      if (next !== undefined) this.touched(next);
    });
    return this.#flushing;
  }

  async #sync(paths: ReadonlySet<string>): Promise<void> {
    for (const path of paths) {
      try {
        const file = await open(path, 'r+');
        await file.datasync().finally(() => file.close());
      } catch (error) {
        // Removed meanwhile, by retention or with its topic, is no failure.
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') continue;
        this.#logger.error({ path, error: messageOf(error) }, 'kafka data is not on the disk');
      }
    }
  }
}
