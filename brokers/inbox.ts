/** What arrived at a server, oldest first: bounded, so that a flood costs the oldest and not the process. */
export class Inbox<T> {
  readonly #kept: T[] = [];
  readonly #listeners = new Set<(item: T) => void>();
  readonly #limit: number;

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  list(): readonly T[] {
    return [...this.#kept];
  }

  /** Calls `listener` for everything that arrives from now on; the answer ends that. */
  onReceived(listener: (item: T) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** For the server that the inbox belongs to. */
  add(item: T): void {
    this.#kept.push(item);
    if (this.#kept.length > this.#limit) this.#kept.shift();
    for (const listener of this.#listeners) listener(item);
  }
}
