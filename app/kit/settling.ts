import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, sleep } from '../../contracts/clock.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import type { Ledger } from './ledger.ts';

/** After so long without any change on the wire something hangs, in milliseconds of the machine. */
const PATIENCE_MS = 10_000;

/** Knows when a site has settled: nothing is under way, and nothing will happen until the site's clock or somebody moves. */
export class Settling {
  readonly #ledger: Ledger;
  readonly #wireClock: Clock;

  constructor(ledger: Ledger, wireClock: Clock) {
    this.#ledger = ledger;
    this.#wireClock = wireClock;
  }

  /**
   * Resolves when the site has settled.
   * @throws SmokewireError SETTLE_TIMEOUT where something does not arrive, with a list of what that is
   */
  async settled(): Promise<void> {
    for (;;) {
      // What this turn began has begun once its promises have run.
      await turn();
      if (this.#ledger.quiet) {
        this.#ledger.settled();
        return;
      }
      await this.#change();
    }
  }

  async #change(): Promise<void> {
    const enough = new AbortController();
    const late = sleep(this.#wireClock, 'settle patience', PATIENCE_MS, enough.signal).then(() => 'late' as const);
    const first = await Promise.race([this.#ledger.change(), late]);
    enough.abort();
    if (first !== 'late') return;
    const list = this.#ledger.list().map((line) => `\n  ${line}`);
    throw new SmokewireError(
      'SETTLE_TIMEOUT',
      `the site does not settle: nothing changed for ${PATIENCE_MS} ms, and still under way is${list.join('')}`,
    );
  }
}
