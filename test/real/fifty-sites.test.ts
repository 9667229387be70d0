import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { expectNoMore, handles, live } from '../acceptance/site-life.ts';

/** What is used of the heap once all that nobody needs is collected, in bytes. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('this Node offers no collector');
  collect();
  return process.memoryUsage().heapUsed;
}

test('fifty sites one after the other leave no handle, and memory stays flat', { timeout: 120_000 }, async () => {
  // By then code is compiled, and caches are full.
  for (let i = 0; i < 15; i++) await live();
  const [before, heap] = [await handles(), heapUsed()];
  for (let i = 15; i < 50; i++) await live();
  expectNoMore(await handles(), before);
  const grown = heapUsed() - heap;
  expect(grown).toBeLessThan(5_000_000);
});
