import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Timer } from '../../contracts/clock.ts';
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
    let patience: Timer | undefined;
    let hangs = false;
    try {
      for (;;) {
        // What this turn began has begun once its promises have run.
        await turn();
        if (this.#ledger.quiet) {
          this.#ledger.settled();
          return;
        }
        patience = this.#wireClock.after('settle patience', PATIENCE_MS, () => {
          hangs = true;
          this.#ledger.wake();
        });
        await this.#ledger.change();
        patience.cancel();
        if (hangs) throw this.#timeout();
      }
    } finally {
      patience?.cancel();
    }
  }

  #timeout(): SmokewireError {
    const list = this.#ledger.list().map((line) => `\n  ${line}`);
    return new SmokewireError(
      'SETTLE_TIMEOUT',
      `the site does not settle: nothing changed for ${PATIENCE_MS} ms, and still under way is${list.join('')}`,
    );
  }
}
