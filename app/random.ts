import { createHash, randomUUID } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { v4 } from 'uuid';
import type { Random } from '../contracts/random.ts';

/** Repeatable randomness: the same seed and label draw the same numbers. */
export function seededRandom(seed: string): Random {
  const generator = xoroshiro128plus(createHash('sha256').update(seed).digest().readInt32BE(0));
  return {
    next: () => uniformFloat64(generator),
    uuid: () => v4({ random: Uint8Array.from({ length: 16 }, () => uniformInt(generator, 0, 255)) }),
    fork: (label) => seededRandom(`${seed}/${label}`),
  };
}

/** The operating system's randomness, which nobody can guess or repeat: for secrets, and for ids. */
export const realRandom: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
  fork: () => realRandom,
};
