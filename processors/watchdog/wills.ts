import type { Announcement } from './announcements.ts';

/** Early evidence that a detector is dead: the broker lost its connection. */
export interface Will {
  /** When it came, ms since the epoch, by the clock of which bridge; an empty name where nobody said. */
  readonly at: number;
  bridge: string;
  /** That bridge's proven time where the log reaches it; undefined before. */
  stamp: number | undefined;
}

/** The Last Wills that nothing has refuted yet, by the detector's row. */
export class Wills {
  readonly #wills = new Map<number, Will>();
  /** Those whose will the log has not reached yet. */
  readonly #dying = new Set<number>();

  get(row: number): Will | undefined {
    return this.#wills.size === 0 ? undefined : this.#wills.get(row);
  }

  add(row: number, { at, bridge }: Announcement): void {
    this.#wills.set(row, { at, bridge, stamp: undefined });
    this.#dying.add(row);
  }

  delete(row: number): void {
    this.#wills.delete(row);
    this.#dying.delete(row);
  }

  /** A signal refutes the will that it came later than: by the bridge's clock, or because the log has reached that. */
  heard(row: number, bridge: string, receivedAt: number): void {
    const will = this.get(row);
    if (!will) return;
    if (will.bridge === bridge ? receivedAt > will.at : will.stamp !== undefined) this.delete(row);
  }

  /** The log reached `at` by the clock of `bridge`, whose proven time is `stamp`: the wills up to there begin to count. */
  reached(bridge: string, at: number, stamp: number, begin: (row: number) => void): void {
    for (const row of this.#dying) {
      const will = this.#wills.get(row);
      if (!will || (will.bridge !== '' && will.bridge !== bridge) || will.at > at) continue;
      this.#dying.delete(row);
      will.bridge = bridge;
      will.stamp = stamp;
      begin(row);
    }
  }
}
