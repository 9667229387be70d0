import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MUTATIONS, type Mutation } from './mutations.ts';

/** The shipped scenarios against the built program, and against copies of it that are broken in one place each. */

const SCENARIO_FAILED = /SCENARIO_FAILED/;
/** A scenario takes seconds; one whose site does not settle any more, half a minute. */
const PATIENCE_MS = 120_000;

test.each([...new Set(MUTATIONS.map(({ caughtBy }) => caughtBy))])('%s holds as it is', async (scenario) => {
  expect(await run(resolve('dist'), scenario)).toMatchObject({ code: 0 });
});

test.each(MUTATIONS)('$name: $caughtBy notices', async (mutation) => {
  const { code, stderr } = await run(await mutant(mutation), mutation.caughtBy);
  expect(code).toBe(1);
  // It has to be seen by what people are told, and not by a crash.
  expect(stderr).toMatch(SCENARIO_FAILED);
});

/** A copy of the program in which the mutation is applied. */
async function mutant({ file, from, to }: Mutation): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smokewire-mutant-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp('dist', join(folder, 'dist'), { recursive: true });
  await cp('package.json', join(folder, 'package.json'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'dist', file);
  const parts = (await readFile(path, 'utf8')).split(from);
  expect(parts, `"${from}" in ${file}`).toHaveLength(2);
  await writeFile(path, parts.join(to));
  return join(folder, 'dist');
}

/** How `scenario run` ends. */
function run(dist: string, scenario: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const args = [join(dist, 'app/main.js'), 'scenario', 'run', join('scenarios', scenario)];
  return new Promise((done) => {
    const child = execFile(process.execPath, args, { timeout: PATIENCE_MS }, (_, stdout, stderr) => {
      done({ code: child.exitCode, stdout, stderr });
    });
  });
}
