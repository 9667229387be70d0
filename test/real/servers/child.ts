import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, within } from '../../support/eventually.ts';

interface Launch {
  /** The program's name in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The file that takes what the program prints. */
  readonly log: string;
  /** What a person has to do who lacks the program. */
  readonly install: string;
}

/** A server as a process of its own; ends with the tests, whatever way they end. */
export class Child {
  readonly #launch: Launch;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  #failure: string | undefined;

  private constructor(launch: Launch) {
    this.#launch = launch;
    const log = openSync(launch.log, 'a');
    this.#process = spawn(launch.command, launch.args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#ended = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#failure = `cannot run ${launch.command} (${error.message}): ${launch.install}`;
        resolve();
      });
      this.#process.once('exit', (code, signal) => {
        this.#failure ??= `${launch.name} ended by itself (${signal ?? `exit code ${code}`})`;
        resolve();
      });
    });
    process.once('exit', this.#kill);
  }

  readonly #kill = () => this.#process.kill('SIGKILL');

  /** Starts the program and waits until `ready`, for which it gets what was printed so far. */
  static async launch(launch: Launch, ready: (log: string) => boolean | Promise<boolean>): Promise<Child> {
    const child = new Child(launch);
    await eventually(
      `${launch.name} to be ready`,
      async () => child.#failure !== undefined || (await ready(child.log())),
      60_000,
    ).catch((error: Error) => {
      child.#failure ??= error.message;
    });
    if (child.#failure === undefined) return child;
    const failure = child.#report();
    await child.stop('SIGKILL').catch(() => undefined);
    throw new Error(failure);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  log(): string {
    return readFileSync(this.#launch.log, 'utf8');
  }

  /** Lets it stand still, with all that it holds open, until it is told to go on. */
  freeze(): () => void {
    this.#process.kill('SIGSTOP');
    return () => void this.#process.kill('SIGCONT');
  }

  /** Resolves when the process is gone; rejects, with the end of its log, where it had not waited for this to end. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    process.off('exit', this.#kill);
    if (this.#hasEnded()) throw new Error(this.#report());
    this.#process.kill(signal);
    await within(`${this.#launch.name} to end on ${signal}`, this.#ended).catch((error: Error) => {
      this.#kill();
      throw error;
    });
  }

  #hasEnded(): boolean {
    return this.#process.pid === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  #report(): string {
    return `${this.#failure}\n${this.log().split('\n').slice(-30).join('\n')}`;
  }
}

/** A folder of its own for `start`, gone again where that fails. */
export async function inOwnFolder<T>(name: string, start: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), `smokewire-${name}-`));
  return await start(folder).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
}

/** A port that was free a moment ago: for programs that cannot choose one and tell. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
