const FIRST_SLOTS = 1_024;
/** Grown by a quarter where four fifths are taken: so few slots are free, and a row costs five to six bytes of them. */
const GROWTH = 1.25;
const MOST_LOAD = 0.8;

/**
 * A slot keeps a row's number and one more, and above it a tag, the last bits of the id's hash; the first say where the slot is.
 * So rows of others are hardly ever read.
 */
const ROW_BITS = 24;
const ROW_MASK = 2 ** ROW_BITS - 1;

/** So many rows have numbers that fit in a slot. */
export const MOST_INDEXED = ROW_MASK;

/**
 * Finds the row of an id below 2^32: one table of open addressing, in which nearly every search ends in the line of memory where
 * it began. Growing copies it, which takes some 100 ns for each that is in here. Nothing is ever taken out.
 */
export class RowIndex {
  readonly #idOf: (row: number) => number;
  /** 0 where one is free. */
  #slots = new Uint32Array(FIRST_SLOTS);
  /** Slots for each possible hash. */
  #scale = FIRST_SLOTS / 2 ** 32;
  #size = 0;

  constructor(idOf: (row: number) => number) {
    this.#idOf = idOf;
  }

  /** -1 where there is none. */
  find(id: number): number {
    return rowIn(this.#slots[this.#slotOf(id)] ?? 0);
  }

  /** What stands where an id is looked for first: to be read before it is needed. */
  peek(id: number): number {
    return this.#slots[this.#homeOf(hashOf(id))] ?? 0;
  }

  /** The row that `find` will look at first, which this one does not; -1 for none. */
  guess(id: number): number {
    const slots = this.#slots;
    const hash = hashOf(id);
    const tag = tagOf(hash);
    let slot = this.#homeOf(hash);
    let entry = slots[slot] ?? 0;
    while (entry !== 0 && !isTagged(entry, tag)) {
      slot = slot + 1 === slots.length ? 0 : slot + 1;
      entry = slots[slot] ?? 0;
    }
    return rowIn(entry);
  }

  /** Adds a row, one of the first MOST_INDEXED, whose id is not in here yet. */
  add(id: number, row: number): void {
    if (this.#size >= MOST_LOAD * this.#slots.length) this.#grow();
    this.#put(id, row);
  }

  #put(id: number, row: number): void {
    this.#slots[this.#slotOf(id)] = tagOf(hashOf(id)) | (row + 1);
    this.#size++;
  }

  /** Where an id stands, or would. */
  #slotOf(id: number): number {
    const slots = this.#slots;
    const hash = hashOf(id);
    const tag = tagOf(hash);
    let slot = this.#homeOf(hash);
    for (let entry = slots[slot] ?? 0; entry !== 0; entry = slots[slot] ?? 0) {
      if (isTagged(entry, tag) && this.#idOf(rowIn(entry)) === id) break;
      slot = slot + 1 === slots.length ? 0 : slot + 1;
    }
    return slot;
  }

  #homeOf(hash: number): number {
    return ((hash >>> 0) * this.#scale) >>> 0;
  }

  #grow(): void {
    const entries = this.#slots;
    this.#slots = new Uint32Array(Math.floor(entries.length * GROWTH));
    this.#scale = this.#slots.length / 2 ** 32;
    this.#size = 0;
    for (const entry of entries) if (entry !== 0) this.#put(this.#idOf(rowIn(entry)), rowIn(entry));
  }
}

/** MurmurHash3's finalizer: ids are no random numbers, and what they have in common must not make them neighbours in here. */
function hashOf(id: number): number {
  let hash = id ^ (id >>> 16);
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}

function tagOf(hash: number): number {
  return hash << ROW_BITS;
}

function isTagged(entry: number, tag: number): boolean {
  return (entry ^ tag) >>> ROW_BITS === 0;
}

function rowIn(entry: number): number {
  return (entry & ROW_MASK) - 1;
}
