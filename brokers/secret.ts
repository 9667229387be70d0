import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether `given` is the secret; takes the same time wherever the two differ. */
export function sameSecret(given: string | Uint8Array, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string | Uint8Array): Buffer {
  return createHash('sha256').update(text).digest();
}
