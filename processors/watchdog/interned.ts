/** Numbers of which there are few different ones, each known by a small code from 0 on; 0 is the code of 0. */
export class Interned {
  readonly #values: number[] = [0];
  readonly #codes = new Map<number, number>([[0, 0]]);
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** `most` where there are too many. */
  codeOf(value: number): number {
    const known = this.#codes.get(value);
    if (known !== undefined) return known;
    const code = this.#values.length;
    if (code >= this.#most) return this.#most;
    this.#values.push(value);
    this.#codes.set(value, code);
    return code;
  }

  valueOf(code: number): number {
    return this.#values[code] ?? 0;
  }
}
