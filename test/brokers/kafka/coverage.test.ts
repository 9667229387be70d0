import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REGISTRY } from '../../../brokers/kafka/registry.ts';

test('docs/kafka-coverage.md says what the registry serves, no more and no less', () => {
  const page = readFileSync(new URL('../../../docs/kafka-coverage.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| (\d+) \| (\w+) \| (\d+)–(\d+) \|/gm)];
  const documented = rows.map(([, key, name, min, max]) => ({
    key: Number(key),
    name,
    min: Number(min),
    max: Number(max),
  }));
  expect(documented).toEqual(REGISTRY.map(({ key, name, min, max }) => ({ key, name, min, max })));
});
