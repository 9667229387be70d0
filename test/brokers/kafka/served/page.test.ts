import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DIFFERENCES, NOT_SERVED } from '../../../../brokers/kafka/differences.ts';
import { REGISTRY } from '../../../../brokers/kafka/registry.ts';
import { APACHE } from './apache.ts';
import { coveragePage } from './page.ts';

const PAGE = new URL('../../../../docs/kafka-coverage.md', import.meta.url).pathname;

test('docs/kafka-coverage.md is what `npm run docs:kafka-coverage` prints', async () => {
  await expect(coveragePage(readFileSync(PAGE, 'utf8'))).toMatchFileSnapshot(PAGE);
});

test('every API of Apache Kafka is served, or listed among those that are not', () => {
  const listed = [
    ...REGISTRY.map(({ key }) => key),
    ...NOT_SERVED.flatMap(({ apis }) => Object.keys(apis).map(Number)),
  ];
  expect(listed.toSorted((a, b) => a - b)).toEqual([...APACHE.keys()]);
});

test('differences are those of APIs that are served', () => {
  const served = new Set(REGISTRY.map(({ name }) => name));
  expect(Object.keys(DIFFERENCES).filter((name) => !served.has(name))).toEqual([]);
});
