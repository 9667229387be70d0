/** Values of which there are few different ones, each known by a small code from 0 on. */
export class Interned<T> {
  readonly #values: T[];
  readonly #codes: Map<T, number>;

  /** `first` has the code 0. */
  constructor(first: T) {
    this.#values = [first];
    this.#codes = new Map([[first, 0]]);
  }

  codeOf(value: T): number {
    const known = this.#codes.get(value);
    if (known !== undefined) return known;
    const code = this.#values.length;
    this.#values.push(value);
    this.#codes.set(value, code);
    return code;
  }

  /** Undefined for a code that stands for none. */
  valueOf(code: number): T | undefined {
    return this.#values[code];
  }
}
