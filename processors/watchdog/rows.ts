/** Rows that are allocated together: a table grows without being copied. */
const CHUNK_BITS = 10;
const CHUNK_ROWS = 1 << CHUNK_BITS;
const IN_CHUNK = CHUNK_ROWS - 1;

/** The largest number that six bytes hold. */
export const MOST_LONG = 2 ** 48 - 1;
const HIGH = 2 ** 32;

/** How many numbers of each size a row has. `longs` are of six bytes: times in ms, and offsets. */
export interface Layout {
  readonly words: number;
  readonly longs: number;
  readonly halves: number;
  readonly bytes: number;
}

/**
 * A table of small unsigned numbers, all 0 at first. A row's lie side by side, so that whoever looks at one of them has the
 * others in the cache: the bytes of a row are its words, the longs' lower parts, their upper parts, the halves and the bytes.
 */
export class Rows {
  readonly #words: Uint32Array[] = [];
  readonly #halves: Uint16Array[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #rowBytes: number;
  readonly #rowWords: number;
  readonly #rowHalves: number;
  readonly #lows: number;
  readonly #highs: number;
  readonly #firstHalf: number;
  readonly #firstByte: number;
  #size = 0;

  constructor({ words, longs, halves, bytes }: Layout) {
    this.#lows = words;
    this.#highs = 2 * (words + longs);
    this.#firstHalf = this.#highs + longs;
    this.#firstByte = 2 * (this.#firstHalf + halves);
    this.#rowBytes = 4 * Math.ceil((this.#firstByte + bytes) / 4);
    this.#rowWords = this.#rowBytes / 4;
    this.#rowHalves = this.#rowBytes / 2;
  }

  get size(): number {
    return this.#size;
  }

  /** One more row; answers its number. */
  add(): number {
    if ((this.#size & IN_CHUNK) === 0) {
      const chunk = new ArrayBuffer(CHUNK_ROWS * this.#rowBytes);
      this.#words.push(new Uint32Array(chunk));
      this.#halves.push(new Uint16Array(chunk));
      this.#bytes.push(new Uint8Array(chunk));
    }
    return this.#size++;
  }

  word(row: number, at: number): number {
    return this.#words[row >>> CHUNK_BITS]?.[(row & IN_CHUNK) * this.#rowWords + at] ?? 0;
  }

  setWord(row: number, at: number, value: number): void {
    const words = this.#words[row >>> CHUNK_BITS];
    if (words) words[(row & IN_CHUNK) * this.#rowWords + at] = value;
  }

  long(row: number, at: number): number {
    const high = this.#halves[row >>> CHUNK_BITS]?.[(row & IN_CHUNK) * this.#rowHalves + this.#highs + at] ?? 0;
    return high * HIGH + this.word(row, this.#lows + at);
  }

  /** What lies beyond six bytes becomes the nearest that does not. */
  setLong(row: number, at: number, value: number): void {
    const long = Math.min(Math.max(value, 0), MOST_LONG);
    const halves = this.#halves[row >>> CHUNK_BITS];
    if (halves) halves[(row & IN_CHUNK) * this.#rowHalves + this.#highs + at] = long / HIGH;
    this.setWord(row, this.#lows + at, long);
  }

  half(row: number, at: number): number {
    return this.#halves[row >>> CHUNK_BITS]?.[(row & IN_CHUNK) * this.#rowHalves + this.#firstHalf + at] ?? 0;
  }

  setHalf(row: number, at: number, value: number): void {
    const halves = this.#halves[row >>> CHUNK_BITS];
    if (halves) halves[(row & IN_CHUNK) * this.#rowHalves + this.#firstHalf + at] = value;
  }

  byte(row: number, at: number): number {
    return this.#bytes[row >>> CHUNK_BITS]?.[(row & IN_CHUNK) * this.#rowBytes + this.#firstByte + at] ?? 0;
  }

  setByte(row: number, at: number, value: number): void {
    const bytes = this.#bytes[row >>> CHUNK_BITS];
    if (bytes) bytes[(row & IN_CHUNK) * this.#rowBytes + this.#firstByte + at] = value;
  }
}
