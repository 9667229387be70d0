import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../contracts/clock.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import type { Ledger } from './ledger.ts';
import type { Turns } from './turns.ts';

/** After so long without any change on the wire something hangs, in milliseconds of the machine. */
const PATIENCE_MS = 10_000;

/** How long one step of what is under way may take where other things go on meanwhile, in milliseconds of the machine. */
const STEP_MS = 30_000;
/**
 * How many steps a message takes at the most until nothing comes of it any more, each way over MQTT, into Kafka and out of it
 * counted: signal, alarm, notification, notice, send, dead letter, lamp take 17.
 */
const LONGEST_WAY = 24;

/** Knows when a site has settled: nothing is under way, and nothing will happen until the site's clock or somebody moves. */
export class Settling {
  readonly #ledger: Ledger;
  readonly #wireClock: Clock;
  readonly #turns: Turns | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  /** @param turns who goes on when the site has come to rest, before it counts as settled */
  constructor(ledger: Ledger, wireClock: Clock, turns?: Turns) {
    this.#ledger = ledger;
    this.#wireClock = wireClock;
    this.#turns = turns;
    // Nobody else may be waiting for the site to settle. Who is will hear of what goes wrong.
    turns?.onWanted(() => void this.settled().catch(() => {}));
  }

  /**
   * Resolves when the site has settled. All who wait learn of it in the same turn, in the order in which they asked: if each
   * looked for himself, it would depend on sockets who is first to move on.
   * @throws SmokewireError SETTLE_TIMEOUT where something does not arrive, with a list of what that is; STOPPED
   */
  settled(): Promise<void> {
    this.#looking ??= this.#look();
    return this.#looking;
  }

  /**
   * Resolves when all is over that had begun when this was asked, and all that came of it. In real time a site with many
   * detectors may never settle, but what it was told by now has passed through it.
   * @throws SmokewireError SETTLE_TIMEOUT, STOPPED
   */
  async passed(): Promise<void> {
    for (let step = 0; step < LONGEST_WAY; step++) {
      const isOver = this.#ledger.mark();
      const late = this.#wireClock.now() + STEP_MS;
      await turn();
      while (!isOver()) {
        await this.#change();
        if (this.#wireClock.now() > late) throw this.#timeout(`a step takes longer than ${STEP_MS} ms`);
      }
      // What has ended has its consequences begun once its promises have run.
      await turn();
      if (this.#ledger.settle()) return;
    }
  }

  /** The site stops: what is under way then may never end, and who waits for it hears so. */
  stop(): void {
    this.#stopped = true;
    this.#ledger.wake();
  }

  async #look(): Promise<void> {
    try {
      for (;;) {
        // What this turn began has begun once its promises have run.
        await turn();
        if (!this.#ledger.settle()) await this.#change();
        else if (!this.#turns?.next()) return;
      }
    } finally {
      this.#looking = undefined;
    }
  }

  async #change(): Promise<void> {
    if (this.#stopped) throw new SmokewireError('STOPPED', 'the site was stopped');
    let hangs = false;
    const patience = this.#wireClock.after('settle patience', PATIENCE_MS, () => {
      hangs = true;
      this.#ledger.wake();
    });
    await this.#ledger.change();
    patience.cancel();
    if (!hangs) return;
    throw this.#timeout(`nothing changed for ${PATIENCE_MS} ms`);
  }

  #timeout(why: string): SmokewireError {
    const list = this.#ledger.list().map((line) => `\n  ${line}`);
    return new SmokewireError(
      'SETTLE_TIMEOUT',
      `the site does not settle: ${why}, and still under way is${list.join('')}`,
    );
  }
}
