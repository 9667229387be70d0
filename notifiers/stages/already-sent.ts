import type { Notice } from '../channel.ts';
import type { Stage } from './stage.ts';

/** The notifications that this process has sent, as far as it remembers: the latest `limit` of them. */
export class SentIds {
  readonly #ids = new Set<string>();
  readonly #limit: number;

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  add(id: string): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    if (this.#ids.size <= this.#limit) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      break;
    }
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}

/**
 * Skips a notification that this process has sent: a rebalance, or a crash of the role before it, repeats records. Only
 * memory: across processes a repetition is sent again, and recognised by its id.
 */
export function alreadySent<N extends Notice>(sent: SentIds): Stage<N> {
  return ({ event }) => (sent.has(event.data.id) ? { outcome: 'repeated' } : undefined);
}
