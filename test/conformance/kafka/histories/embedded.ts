import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../../../app/clock.ts';
import { seededRandom } from '../../../../app/random.ts';
import { KafkaBroker } from '../../../../brokers/kafka/index.ts';
import { recordingLogger } from '../../../support/logger.ts';
import { aWhile } from './link.ts';
import type { Subject } from './run.ts';

/** Short sessions, so that a member that dies is missed within the history. */
const PACE = { workMs: 700, sessionMs: 300, rebalanceMs: 300, patienceMs: 250, troubleMs: 120 };

/** The embedded broker with its data on disk, and all that can be done to it. */
export class EmbeddedSubject implements Subject {
  readonly pace = PACE;
  readonly logger = recordingLogger();
  readonly #folders: string[] = [];
  readonly #seed: string;
  #broker: KafkaBroker;
  #lives = 0;

  private constructor(seed: string) {
    this.#seed = seed;
    this.#broker = this.#next(this.#folder(), 0);
  }

  static async start(seed: string): Promise<EmbeddedSubject> {
    const subject = new EmbeddedSubject(seed);
    await subject.#broker.start();
    return subject;
  }

  get address(): string {
    return this.#broker.address;
  }

  readonly troubles: Subject['troubles'] = [
    () => this.#pause(),
    () => this.#partition(),
    () => this.#restart(),
    () => this.#kill(),
    () => this.#broker.faults.moveCoordinator(),
    (groups) => void groups.map((group) => this.#broker.faults.rebalance(group)),
    (groups) => void groups.map((group) => this.#broker.faults.expel(group)),
  ];

  async stop(): Promise<void> {
    await this.#broker.stop();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  /** Longer than clients wait for an answer, and about as long as a session. */
  async #pause(): Promise<void> {
    this.#broker.faults.pause();
    await aWhile(PACE.sessionMs);
    this.#broker.faults.resume();
  }

  async #partition(): Promise<void> {
    this.#broker.faults.partition();
    await aWhile(PACE.patienceMs / 5);
    this.#broker.faults.heal();
  }

  /** Stopped in order. */
  async #restart(): Promise<void> {
    await this.#broker.stop();
    await this.#broker.start();
  }

  /** As `kill -9` leaves it: the files as they are at one instant, at which every connection is gone. */
  async #kill(): Promise<void> {
    const { port } = this.#broker;
    const folder = this.#folder();
    cpSync(this.#folders.at(-2) ?? '', folder, { recursive: true });
    this.#broker.faults.partition();
    await this.#broker.stop();
    this.#broker = this.#next(folder, port);
    await this.#broker.start();
  }

  #next(data: string, port: number): KafkaBroker {
    const random = seededRandom(`${this.#seed}/broker/${this.#lives++}`);
    return new KafkaBroker({ clock: realClock, random, logger: this.logger, port, data, minSessionTimeoutMs: 100 });
  }

  #folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'smokewire-histories-'));
    this.#folders.push(folder);
    return folder;
  }
}
