import type { Rows } from './rows.ts';

/** The largest number of two bytes stands for one that is kept apart, since it does not fit. */
export const WIDE_HALF = 0xffff;

/** A number for each row that hardly ever needs more than two bytes of it: the others stand in a map, at the price of its entries. */
export class WideHalves {
  readonly #rows: Rows;
  readonly #at: number;
  readonly #wide = new Map<number, number>();

  constructor(rows: Rows, at: number) {
    this.#rows = rows;
    this.#at = at;
  }

  get(row: number): number {
    const value = this.#rows.half(row, this.#at);
    return value === WIDE_HALF ? (this.#wide.get(row) ?? value) : value;
  }

  set(row: number, value: number): void {
    const isWide = value < 0 || value >= WIDE_HALF;
    if (isWide) this.#wide.set(row, value);
    this.#rows.setHalf(row, this.#at, isWide ? WIDE_HALF : value);
  }
}
