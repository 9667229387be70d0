import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CAPABILITIES } from './capabilities.ts';
import { CLIENTS } from './clients.ts';

test('docs/kafka-coverage.md has the table of clients and what they were tried with', async () => {
  const names = Object.keys(CAPABILITIES);
  const rows = CLIENTS.map(({ name, gaps }) => {
    const missing = new Map<string, string>(Object.entries(gaps));
    return [name, ...names.map((capability) => missing.get(capability) ?? '✓')];
  });
  const table = [['client', ...names], ['---', ...names.map(() => ':-:')], ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  expect(await readFile('docs/kafka-coverage.md', 'utf8')).toContain(`\n${table.join('\n')}\n`);
});

test.each([
  ['Python', 'test/clients/kafka/python/requirements.txt'],
  ['Go', 'test/clients/kafka/go/go.mod'],
  ['Java', 'test/real/kafka/pom.xml'],
  ['@platformatic', 'test/clients/kafka/javascript/package.json'],
  ['kafkajs', 'test/clients/kafka/javascript/package.json'],
])('%s has the version that is installed', async (client, manifest) => {
  const version = CLIENTS.find(({ name }) => name.startsWith(client))
    ?.name.split(' ')
    .at(-1);
  expect(await readFile(manifest, 'utf8')).toContain(version);
});
