import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { within } from '../../../support/eventually.ts';
import type { Subject } from './run.ts';

/** The built embedded broker in a process of its own, which is killed now and then and started on the same folder. */
export class KilledProcess implements Subject {
  /** It takes no shorter sessions than Apache Kafka does. */
  readonly pace = { workMs: 8_000, sessionMs: 6_000, rebalanceMs: 2_000, patienceMs: 1_000, troubleMs: 700 };
  readonly #data = mkdtempSync(join(tmpdir(), 'smokewire-killed-'));
  #child: ChildProcess | undefined;
  #address = '127.0.0.1:0';

  get address(): string {
    return this.#address;
  }

  readonly troubles = [
    async () => {
      await this.#kill();
      await this.start();
    },
  ];

  async start(): Promise<void> {
    const script = resolve('test/acceptance/kafka-process.mjs');
    const port = this.#address.slice(this.#address.indexOf(':') + 1);
    const child = spawn(process.execPath, [script, port, this.#data], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const [line] = await within('the broker to start', once(child.stdout, 'data'));
    this.#address = String(line).trim();
  }

  async stop(): Promise<void> {
    await this.#kill();
    rmSync(this.#data, { recursive: true, force: true });
  }

  async #kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
