import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** What a process writes that logs so. */
function logged(level: string, script: string): { stdout: string; lines: Record<string, unknown>[] } {
  const url = new URL('../../dist/app/logger.js', import.meta.url).href;
  const program = `import { stderrLogger } from '${url}'; const logger = stderrLogger('${level}'); ${script}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return {
    stdout,
    lines:
      stderr.trim() === ''
        ? []
        : stderr
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
  };
}

it('writes one JSON object a line to stderr, none of it lost when the process ends, whatever is in it', () => {
  const { stdout, lines } = logged(
    'info',
    `logger.child({ role: 'filter' }).warn({ topic: 'a\\n{"level":60}' }, 'told'); logger.debug({}, 'not told'); process.exit(0);`,
  );
  expect(stdout).toBe('');
  expect(lines).toEqual([
    { level: 40, time: expect.any(String), role: 'filter', topic: 'a\n{"level":60}', msg: 'told' },
  ]);
});

it('writes nothing where it is silent', () => {
  expect(logged('silent', `logger.error({}, 'x');`).lines).toEqual([]);
});
