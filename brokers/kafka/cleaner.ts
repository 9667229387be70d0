import { type CompactionOptions, compact } from './compaction.ts';
import { type Segments, sizeOf } from './segments.ts';
import type { Slab } from './slab.ts';

/** The log that is cleaned. */
export interface Cleaned {
  readonly segments: Segments;
  /** Up to where it was compacted already. */
  readonly compactedUpTo: number;
  /** Before this offset everything is decided. */
  readonly stableOffset: number;
  /** How it is to be compacted; undefined where it is not. */
  compaction(): CompactionOptions | undefined;
  /** Takes the place of slabs, which end at `upTo`; false when it did not. */
  compacted(old: readonly Slab[], by: readonly Slab[], upTo: number): boolean;
}

/** Compacts a log behind its owner's back, slab by slab, so that others are let in. */
export class Cleaner {
  readonly #log: Cleaned;
  #running = false;

  constructor(log: Cleaned) {
    this.#log = log;
  }

  /** As Apache Kafka's cleaner at its default ratio: once as much is new as is compacted already. */
  cleanWhenWorthIt(): void {
    const options = this.#running ? undefined : this.#log.compaction();
    if (!options) return;
    const { segments, compactedUpTo, stableOffset } = this.#log;
    const closed = segments.closedBefore(stableOffset);
    const clean = sizeOf(closed.filter((slab) => slab.endOffset <= compactedUpTo));
    if (sizeOf(closed) < 2 * clean || closed.length === 0) return;
    const upTo = closed.at(-1)?.endOffset ?? 0;
    const steps = compact(closed, options);
    this.#running = true;
    const step = () => {
      const { done, value } = steps.next();
      if (!done) return setImmediate(step);
      this.#running = false;
      // Meanwhile retention or a deletion may have taken slabs away; then the next one tries again.
      if (segments.oldest !== closed[0] || !this.#log.compacted(closed, value, upTo)) return;
      return this.cleanWhenWorthIt();
    };
    setImmediate(step);
  }
}
