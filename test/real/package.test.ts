import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
/** Stands in for a test runner's: what the samples use of it. */
const EXPECT = `globalThis.expect = (seen) => ({
  toContain(part) {
    if (!seen.includes(part)) throw new Error(seen + ' does not contain ' + part);
  },
  toBe(expected) {
    if (seen !== expected) throw new Error(seen + ' is not ' + expected);
  },
});`;

let folder = '';

// An empty project that installs what would be published. Its dependencies come from the registry, or from npm's cache.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smokewire-package-'));
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  const [packed] = JSON.parse(stdout);
  await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...quietly, join(folder, packed.filename)], { cwd: folder });
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['README.md', 'smokewire'],
  ['docs/kafka-broker.md', 'smokewire/kafka'],
])('the sample in %s runs as it stands there, prints nothing, and ends by itself', async (page, from) => {
  await writeFile(join(folder, 'expect.mjs'), EXPECT);
  await writeFile(join(folder, 'sample.mjs'), await sampleIn(page, from));
  const { stdout, stderr } = await run(process.execPath, ['--import', './expect.mjs', 'sample.mjs'], {
    cwd: folder,
    timeout: 50_000,
  });
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
});

test("the README's sample is correct for the strictest TypeScript, and a wrong option is not", async () => {
  const sample = await sampleIn('README.md', 'smokewire');
  const wrong = `\n// @ts-expect-error there is no such option\nawait startSite({ detector: 20 });\n`;
  const runner = 'declare function expect(text: string): { toContain(part: string): void };\n';
  await writeFile(join(folder, 'sample.ts'), sample + wrong + runner);
  await compiles('sample.ts');
});

test('smokewire/kafka is typed, for who has no types of Node as well', async () => {
  await writeFile(
    join(folder, 'kafka.ts'),
    `import { type Kafka, startKafka } from 'smokewire/kafka';
    const broker: Kafka = await startKafka({ port: 0 });
    broker.faults.intercept(({ api }) => (api === 'Fetch' ? { kind: 'error', error: 'NOT_COORDINATOR' } : undefined));
    // @ts-expect-error there is no such error
    broker.faults.intercept(() => ({ kind: 'error', error: 'NO_COORDINATOR' }));`,
  );
  await compiles('kafka.ts');
});

test('the program is there by its name', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const { stdout } = await run('npx', ['--no', '--', 'smokewire', '--version'], { cwd: folder });
  expect(stdout.trim()).toBe(version);
});

/** By the strictest TypeScript. */
async function compiles(file: string): Promise<void> {
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--types', ''];
  const node = ['--target', 'es2022', '--module', 'nodenext'];
  await run(process.execPath, [tsc, ...strict, ...node, file], { cwd: folder }).catch((error) => {
    throw new Error(error.stdout);
  });
}

/** The block of code under "In a test". */
async function sampleIn(page: string, from: string): Promise<string> {
  const [, sample] = /## In a test\n+```ts\n(.*?)```/s.exec(await readFile(page, 'utf8')) ?? [];
  if (!sample?.includes(`from '${from}'`)) throw new Error(`${page} has no sample under "In a test"`);
  return sample;
}
