const CHUNK_BITS = 12;
const CHUNK_ROWS = 1 << CHUNK_BITS;

/** A number below 2^32 for each row, 0 at first, that most sites have no use for: it takes four bytes of a row once one near it is set. */
export class SideColumn {
  readonly #chunks: (Uint32Array | undefined)[] = [];

  get(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]?.[row & (CHUNK_ROWS - 1)] ?? 0;
  }

  set(row: number, value: number): void {
    let chunk = this.#chunks[row >>> CHUNK_BITS];
    if (!chunk) {
      if (value === 0) return;
      chunk = new Uint32Array(CHUNK_ROWS);
      this.#chunks[row >>> CHUNK_BITS] = chunk;
    }
    chunk[row & (CHUNK_ROWS - 1)] = value;
  }
}
