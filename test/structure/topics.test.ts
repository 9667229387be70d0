import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TOPICS } from '../../contracts/kafka-topics.ts';

test('docs/topics.md lists exactly the topics that exist, with their cleanup', () => {
  const rows = readFileSync(new URL('../../docs/topics.md', import.meta.url), 'utf8').matchAll(
    /^\| `([a-z0-9.-]+)` \|.*\| (delete|compact) \|$/gm,
  );
  const documented = [...rows].map(([, name = '', cleanup = '']) => [name, cleanup]);
  expect(documented.sort()).toEqual([...TOPICS].map(([name, cleanup]) => [name, cleanup]).sort());
});
