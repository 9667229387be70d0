import { describe, expect, it } from 'vitest';
import { BoundedCache } from '../../../processors/bridge/bounded-cache.ts';

describe('BoundedCache', () => {
  it('keeps what is used, and forgets what is not', () => {
    const cache = new BoundedCache<number, string>(10);
    cache.set(-1, 'used');
    cache.set(-2, 'unused');
    for (let key = 0; key < 1_000; key++) {
      cache.set(key, 'passing');
      expect(cache.get(-1)).toBe('used');
    }
    expect(cache.get(-2)).toBeUndefined();
    expect(cache.get(0)).toBeUndefined();
    for (let key = 995; key < 1_000; key++) expect(cache.get(key)).toBe('passing');
  });

  it('holds at most twice its size', () => {
    const cache = new BoundedCache<number, number>(10);
    for (let key = 0; key < 1_000; key++) cache.set(key, key);
    const held = Array.from({ length: 1_000 }, (_, key) => cache.get(key)).filter((value) => value !== undefined);
    expect(held.length).toBeLessThanOrEqual(20);
    expect(held.length).toBeGreaterThanOrEqual(10);
  });

  it('takes the newer value of a key', () => {
    const cache = new BoundedCache<string, number>(1);
    cache.set('a', 1);
    cache.set('b', 1);
    cache.set('a', 2);
    expect(cache.get('a')).toBe(2);
  });
});
