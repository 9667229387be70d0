import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';

const HOLDS = `
name: holds
site: {detectors: 4}
timeline: [{at: 1s, trip: 2}]
expect:
  - notification: {about: floor 2}
  - valve: {floor: 2, becomes: open}
until: 3s
`;
const FAILS = HOLDS.replace('name: holds', 'name: fails').replace('becomes: open', 'becomes: closed');

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smokewire-scenarios-'));
  await writeFile(join(folder, 'holds.yaml'), HOLDS);
  await writeFile(join(folder, 'fails.yaml'), FAILS);
  await writeFile(join(folder, 'bad.yaml'), HOLDS.replace('trip: 2', 'trip: 9').replace('until', 'untill'));
  await mkdir(join(folder, 'suite', 'deeper'), { recursive: true });
  await writeFile(join(folder, 'suite', 'b.yml'), HOLDS);
  await writeFile(join(folder, 'suite', 'deeper', 'a.yaml'), HOLDS);
  await writeFile(join(folder, 'suite', 'notes.txt'), 'no scenario');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('scenario run', () => {
  test('prints the timeline and exits 0 where it held', async () => {
    const { code, stdout, stderr } = await runCommand(['scenario', 'run', join(folder, 'holds.yaml')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^holds {2}.*holds\.yaml\n {7}1s {2}▸ trip detector 2\n/);
    expect(stdout).toMatch(/✓ valve 2 becomes open\n/);
    expect(stdout).toMatch(/\n {2}✓ held: 5 of 5 · 3s of the site's time in .*s\n\n1 of 1 scenarios held$/);
  });

  test('exits 1 where one did not hold, and says which; JUnit is written all the same', async () => {
    const files = ['holds.yaml', 'fails.yaml'].map((name) => join(folder, name));
    const junit = join(folder, 'junit.xml');
    const { code, stdout, stderr } = await runCommand(['scenario', 'run', ...files, '--junit', junit]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `smokewire: SCENARIO_FAILED: 1 of 2 scenarios held; not so:\nsmokewire: SCENARIO_FAILED: ${files[1]}\n`,
    );
    expect(stdout).toMatch(/✗ valve 2 becomes closed\n {13}it did not happen, but this did:\n {13}at 1s: .*floor 2/);
    const xml = await readFile(junit, 'utf8');
    expect(xml).toContain('<testsuite name="holds"');
    expect(xml).toMatch(/<testsuite name="fails" .* tests="5" failures="2"/);
  });

  test('exits 2 where a file has problems, tells them all, and runs nothing', async () => {
    const files = ['holds.yaml', 'bad.yaml', 'missing.yaml'].map((name) => join(folder, name));
    const { code, stdout, stderr } = await runCommand(['scenario', 'run', ...files]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trim().split('\n')).toEqual([
      `smokewire: SCENARIO_INVALID: ${files[1]}:2:1: until is missing: a time with its unit is expected, as 500ms, 10s, 2.5s or 1m`,
      `smokewire: SCENARIO_INVALID: ${files[1]}:4:12: there is no detector 9: the site has 4`,
      `smokewire: SCENARIO_INVALID: ${files[1]}:8:1: untill is unknown here: did you mean until?`,
      expect.stringMatching(/^smokewire: SCENARIO_INVALID: .*missing\.yaml: cannot be read: ENOENT/),
    ]);
  });

  test('runs what is in a folder, in the order of names; --json is one object a line', async () => {
    const { code, stdout } = await runCommand(['scenario', 'run', join(folder, 'suite'), '--json', '--seed', 'other']);
    expect(code).toBe(0);
    const lines = stdout.split('\n').map((line) => JSON.parse(line));
    expect(new Set(lines.map(({ type }) => type))).toEqual(
      new Set(['scenario', 'act', 'happening', 'verdict', 'result']),
    );
    expect(lines.filter(({ type }) => type === 'result')).toMatchObject([
      { file: join(folder, 'suite', 'b.yml'), held: true },
      { file: join(folder, 'suite', 'deeper', 'a.yaml'), held: true },
    ]);
    expect(lines).toContainEqual(
      expect.objectContaining({ type: 'happening', what: 'valve.opened', subject: 'floor/2', at: 2_000 }),
    );
  });

  test('leaves nothing running that keeps the process, also where roles were killed', async () => {
    const { code, stdout } = await runCommand(['scenario', 'run', 'scenarios/14-killed-roles.yaml']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/1 of 1 scenarios held$/) });
  });

  test.each([
    [['scenario', 'run'], /missing required argument 'file'/],
    [['scenario', 'run', '.ci'], /SCENARIO_INVALID: there is no scenario \(\.yaml, \.yml\) in \.ci/],
  ])('%j is wrong usage; exit 2', async (args, message) => {
    expect(await runCommand(args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  test('a JUnit file that cannot be written is told; exit 2', async () => {
    const args = ['scenario', 'run', join(folder, 'holds.yaml'), '--junit', join(folder, 'no', 'junit.xml')];
    expect(await runCommand(args)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--junit .* cannot be written/),
    });
  });
});

test('scenario schema prints the grammar that lies beside the library', async () => {
  const { code, stdout } = await runCommand(['scenario', 'schema']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile('scenarios/scenario.schema.json', 'utf8')));
});
