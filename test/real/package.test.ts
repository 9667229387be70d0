import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
/** Stands in for a test runner's: what the README's sample uses of it. */
const EXPECT = `globalThis.expect = (text) => ({
  toContain(part) {
    if (!text.includes(part)) throw new Error(text + ' does not contain ' + part);
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

test("the README's sample runs as it stands there, prints nothing, and ends by itself", async () => {
  await writeFile(join(folder, 'expect.mjs'), EXPECT);
  await writeFile(join(folder, 'sample.mjs'), await readmeSample());
  const { stdout, stderr } = await run(process.execPath, ['--import', './expect.mjs', 'sample.mjs'], {
    cwd: folder,
    timeout: 50_000,
  });
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
});

test("the README's sample is correct for the strictest TypeScript, and a wrong option is not", async () => {
  const sample = await readmeSample();
  const wrong = `\n// @ts-expect-error there is no such option\nawait startSite({ detector: 20 });\n`;
  const runner = 'declare function expect(text: string): { toContain(part: string): void };\n';
  await writeFile(join(folder, 'sample.ts'), sample + wrong + runner);
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--types', ''];
  const node = ['--target', 'es2022', '--module', 'nodenext'];
  await run(process.execPath, [tsc, ...strict, ...node, 'sample.ts'], { cwd: folder }).catch((error) => {
    throw new Error(error.stdout);
  });
});

test('the program is there by its name', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const { stdout } = await run('npx', ['--no', '--', 'smokewire', '--version'], { cwd: folder });
  expect(stdout.trim()).toBe(version);
});

/** The block of code under "In a test". */
async function readmeSample(): Promise<string> {
  const readme = await readFile('README.md', 'utf8');
  const [, sample] = /## In a test\n+```ts\n(.*?)```/s.exec(readme) ?? [];
  if (!sample?.includes("from 'smokewire'")) throw new Error('the README has no sample under "In a test"');
  return sample;
}
