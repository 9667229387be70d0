/** 2^32 divided by the golden ratio: its multiples spread any run of ids evenly (Knuth, TAOCP 6.4). */
export const GOLDEN = 0x9e37_79b1;
const SLOT_BITS = 12;
const SLOTS = 1 << SLOT_BITS;
const MOST_IN_PAGE = 0.75 * SLOTS;

/** A small table of open addressing, of all ids whose hashes begin with the same `depth` bits. */
interface Page {
  depth: number;
  size: number;
  /** The row's number and one more; 0 where a slot is free. */
  readonly slots: Int32Array;
}

/**
 * Finds the row of an id below 2^32: extendible hashing (Fagin and others, 1979). A page that is three quarters full is split
 * in two, so growing copies one page and never everything. Nothing is ever taken out.
 */
export class RowIndex {
  readonly #idOf: (row: number) => number;
  #depth = 0;
  /** The page of each beginning of `depth` bits; one that is less deep stands here more than once. */
  #pages: Page[] = [newPage(0)];

  constructor(idOf: (row: number) => number) {
    this.#idOf = idOf;
  }

  /** -1 where there is none. */
  find(id: number): number {
    const hash = hashOf(id);
    const page = this.#pageOf(hash);
    return page ? (page.slots[this.#slotOf(page, id, hash)] ?? 0) - 1 : -1;
  }

  /** Adds a row whose id is not in here yet. */
  add(id: number, row: number): void {
    const hash = hashOf(id);
    let page = this.#pageOf(hash);
    while (page && page.size >= MOST_IN_PAGE) {
      this.#split(page, hash);
      page = this.#pageOf(hash);
    }
    if (page) this.#put(page, id, hash, row);
  }

  #pageOf(hash: number): Page | undefined {
    return this.#pages[upper(hash, this.#depth)];
  }

  #put(page: Page, id: number, hash: number, row: number): void {
    page.slots[this.#slotOf(page, id, hash)] = row + 1;
    page.size++;
  }

  /** Where an id stands on its page, or would. */
  #slotOf({ slots, depth }: Page, id: number, hash: number): number {
    let slot = upper(hash << depth, SLOT_BITS);
    for (let entry = slots[slot] ?? 0; entry !== 0 && this.#idOf(entry - 1) !== id; entry = slots[slot] ?? 0) {
      slot = (slot + 1) & (SLOTS - 1);
    }
    return slot;
  }

  /** Splits the page of `hash`. */
  #split(page: Page, hash: number): void {
    if (page.depth === this.#depth) {
      this.#pages = this.#pages.flatMap((each) => [each, each]);
      this.#depth++;
    }
    page.depth++;
    const sibling = newPage(page.depth);
    const copies = 1 << (this.#depth - page.depth);
    const first = (upper(hash, page.depth - 1) * 2 + 1) * copies;
    this.#pages.fill(sibling, first, first + copies);

    const entries = page.slots.filter((entry) => entry !== 0);
    page.slots.fill(0);
    page.size = 0;
    for (const entry of entries) {
      const id = this.#idOf(entry - 1);
      const moved = this.#pageOf(hashOf(id));
      if (moved) this.#put(moved, id, hashOf(id), entry - 1);
    }
  }
}

function newPage(depth: number): Page {
  return { depth, size: 0, slots: new Int32Array(SLOTS) };
}

function hashOf(id: number): number {
  return Math.imul(id, GOLDEN);
}

/** The upper `bits` bits, as a number. */
function upper(hash: number, bits: number): number {
  return bits === 0 ? 0 : hash >>> (32 - bits);
}
