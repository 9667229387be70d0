import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from './eventually.ts';

/** The built program, seen from the project's root, where npm runs its scripts. */
const MAIN = resolve('dist/app/main.js');

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program as a process of its own, with nothing in its environment but what is given. */
export class RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<() => void>();
  #stderr = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.child;
    if (!stdout || !stderr) throw new Error('the child has no pipes');
    createInterface({ input: stdout }).on('line', (line) => {
      this.#lines.push(line);
      for (const listener of this.#listeners) listener();
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.#lines.join('\n'), stderr: this.#stderr });
      });
    });
  }

  /** What it wrote to stderr so far. */
  get stderr(): string {
    return this.#stderr;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The first line of stdout that fits, also one that was there before. */
  line(what: string, fits: (line: string) => boolean, withinMs = 20_000): Promise<string> {
    const seen = new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = this.#lines.find(fits);
        if (found === undefined) return;
        this.#listeners.delete(look);
        resolve(found);
      };
      this.#listeners.add(look);
      look();
      void this.ended.then(({ code, stderr }) => reject(new Error(`ended with ${code} before ${what}: ${stderr}`)));
    });
    return within(what, seen, withinMs);
  }

  /** The first event of this type that `up --json` prints, and that fits. */
  async event(type: string, fits: (event: { subject: string; data: Record<string, unknown> }) => boolean = () => true) {
    const line = await this.line(type, (text) => {
      const event = JSON.parse(text);
      return event.type === type && fits(event);
    });
    return JSON.parse(line);
  }

  /** Ends it as an operator would, and waits. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return await within('the command to end', this.ended);
  }

  /** Ends it for good, whatever it does. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Runs a command that ends by itself. */
export function runCommand(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> {
  return within(`smokewire ${args.join(' ')}`, new RunningCommand(args, env).ended, 40_000);
}
