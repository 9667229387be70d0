import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const EXAMPLES = 'examples/test';

it('every sample of docs/testing.md stands in an example, which is run', async () => {
  const examples = await Promise.all((await readdir(EXAMPLES)).map((name) => readFile(join(EXAMPLES, name), 'utf8')));
  const page = await readFile('docs/testing.md', 'utf8');
  const samples = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, sample = '']) => sample);
  expect(samples.length).toBeGreaterThan(5);
  for (const sample of samples)
    expect(
      examples.some((example) => example.includes(sample)),
      sample,
    ).toBe(true);
});

it('every example is named in the README of the examples', async () => {
  const readme = await readFile('examples/README.md', 'utf8');
  for (const name of await readdir(EXAMPLES)) expect(readme).toContain(`test/${name}`);
});
