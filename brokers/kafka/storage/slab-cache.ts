import type { Slab } from '../slab.ts';

/** Of slabs that are on disk, the bytes read last stay in memory. */
export class SlabCache {
  readonly #maxBytes: number;
  /** The one least lately used first. */
  readonly #loaded = new Set<Slab>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  used(slab: Slab): void {
    if (this.#loaded.delete(slab)) {
      this.#loaded.add(slab);
      return;
    }
    this.#loaded.add(slab);
    this.#bytes += slab.size;
    for (const oldest of this.#loaded) {
      if (this.#bytes <= this.#maxBytes || oldest === slab) return;
      this.forget(oldest);
      oldest.unload();
    }
  }

  forget(slab: Slab): void {
    if (this.#loaded.delete(slab)) this.#bytes -= slab.size;
  }
}
