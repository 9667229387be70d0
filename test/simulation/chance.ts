import type { Random } from '../../contracts/random.ts';

/** What a seed decides. */
export class Chance {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  fork(label: string): Chance {
    return new Chance(this.#random.fork(label));
  }

  of(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** A whole number of the range, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.#random.next() * (max - min + 1));
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.int(0, list.length - 1)] ?? list[0];
  }

  /** Mostly small, now and then up to `max`: what is short is frequent, in this world too. */
  skewed(min: number, max: number): number {
    return Math.round(min * (max / min) ** this.#random.next());
  }

  /** At most `count` spans between 0 and `end`, `[from, to)`, in order and apart. */
  spans(count: number, end: number, [min, max]: readonly [number, number]): Span[] {
    const spans = Array.from({ length: this.int(0, count) }, (): Span => {
      const from = this.int(0, end);
      return { from, to: Math.min(end, from + this.skewed(min, max)) };
    }).sort((a, b) => a.from - b.from);
    return spans.filter((span, i) => span.to > span.from && spans.slice(0, i).every((other) => other.to < span.from));
  }
}

export interface Span {
  readonly from: number;
  readonly to: number;
}
