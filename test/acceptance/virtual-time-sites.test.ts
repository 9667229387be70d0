import { test } from 'vitest';
import { expectNoMore, handles, live } from './site-life.ts';

// Fifty of them, one after the other: test/real/fifty-sites.test.ts.
test('eight sites live side by side', { timeout: 60_000 }, async () => {
  const before = await handles();
  await Promise.all(Array.from({ length: 8 }, live));
  expectNoMore(await handles(), before);
});
