import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SmokewireError } from '../../../contracts/errors.ts';

/** The locks that this process has. */
const HELD = new Set<string>();

/**
 * Keeps two from writing to one folder: a file with the number of the process that does. One that was left by a
 * process that is no more is taken over.
 */
export class Lock {
  readonly #path: string;
  #held = false;

  constructor(path: string) {
    this.#path = resolve(path);
  }

  /** Throws START_FAILED while someone else has it. */
  take(): void {
    const holder = this.#holder();
    // Its own number may be left from one who had it before, as it often is in a container.
    const isTaken = holder === process.pid ? HELD.has(this.#path) : holder !== undefined && isAlive(holder);
    if (isTaken) {
      throw new SmokewireError(
        'START_FAILED',
        `process ${holder} has the data in use: stop it, or use another folder; if that process is no smokewire, delete ${this.#path}`,
      );
    }
    writeFileSync(this.#path, String(process.pid));
    HELD.add(this.#path);
    this.#held = true;
  }

  release(): void {
    if (!this.#held) return;
    rmSync(this.#path, { force: true });
    HELD.delete(this.#path);
    this.#held = false;
  }

  #holder(): number | undefined {
    try {
      const pid = Number(readFileSync(this.#path, 'utf8'));
      return Number.isInteger(pid) && pid > 0 ? pid : undefined;
    } catch {
      return undefined;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Without the permission to signal it, it is alive.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
