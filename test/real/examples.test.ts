import { execFile } from 'node:child_process';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

// As its README says, in a folder of its own that knows of nothing but the packed program.
test('the examples pass for an outsider', { timeout: 240_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smokewire-examples-'));
  try {
    await cp('examples', folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
    const { stdout: packed } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
    await rename(join(folder, JSON.parse(packed)[0].filename), join(folder, 'smokewire.tgz'));
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
    const { stdout } = await run('npm', ['test'], { cwd: folder, env: { ...process.env, CI: 'true', NO_COLOR: '1' } });
    expect(stdout).toMatch(/Tests +\d+ passed/);
    expect(stdout).not.toMatch(/failed/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
