import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { runCommandLine } from '../../app/cli/program.ts';
import { type SiteOptions, startSite } from '../../app/index.ts';
import { terminalOf } from '../app/terminal-of.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'smokewire-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

async function command(...args: string[]) {
  const { terminal, written } = terminalOf();
  return { code: await runCommandLine(args, terminal), ...written };
}

const virtual: SiteOptions = { clock: 'virtual', detectors: 4, floors: 2 };

/** A small suite: two tests, each with a site of its own. */
async function suite(options: SiteOptions = {}): Promise<void> {
  const fire = await startSite({ ...virtual, ...options });
  await fire.detector(1).trip();
  await fire.valve(1).opened();
  await fire.stop();
  const fault = await startSite({ ...virtual, ...options, detectors: 6 });
  await fault.detector(6).kill();
  await fault.detector(6).is('silent');
  await fault.detector(6).revive();
  await fault.detector(6).is('ok');
  await fault.stop();
}

test('a suite is asked by its environment, and the report says what it exercised and what it did not', async () => {
  const dir = await folder();
  const notes = join(dir, 'walk.jsonl');
  vi.stubEnv('SMOKEWIRE_WALK_TEST', notes);
  onTestFinished(() => void vi.unstubAllEnvs());
  await suite();
  expect((await readFile(notes, 'utf8')).trimEnd().split('\n')).toHaveLength(2);

  const { code, out } = await command('walk-test', 'report', notes, '--json');
  expect(code).toBe(0);
  const report = JSON.parse(out);
  expect(report.sites).toBe(2);
  const section = (name: string) => report.sections.find((each: { name: string }) => each.name === name);
  expect(section('detectors')).toMatchObject({ exercised: ['1', '6'], missing: ['2', '3', '4', '5'] });
  expect(section('actions')).toMatchObject({ exercised: ['trip', 'kill', 'revive'], missing: ['clear', 'silence'] });
  expect(section('valves')).toMatchObject({ exercised: ['1 open'], missing: ['1 closed', '2 open', '2 closed'] });
  expect(section('states').exercised).toEqual(expect.arrayContaining(['ok', 'alarm', 'suspect', 'silent']));
  expect(section('channels').exercised).toEqual(['email sent', 'sms sent', 'lamp sent']);
  expect(section('lamps')).toMatchObject({
    exercised: ['detector/6 on', 'detector/6 off', 'floor/1 on'],
    missing: ['floor/1 off'],
  });
  expect(section('events').missing).toEqual(expect.arrayContaining(['alarm.reset', 'valve.fault', 'pipeline.silent']));
  expect(section('events').exercised).toEqual(expect.arrayContaining(['site.ready', 'alarm.raised', 'site.stopped']));
  expect(section('failures').exercised).toEqual([]);
});

test('what failed counts: by deliveries and by dead letters', async () => {
  const notes = join(await folder(), 'walk.jsonl');
  const site = await startSite({ ...virtual, walkTest: notes, retryDelaysMs: [10, 10, 10, 10] });
  await site.chaos.mail.refuse({ code: 451 });
  await site.detector(1).trip();
  await site.clock.advance('1s');
  await site.stop();
  const { out } = await command('walk-test', 'report', notes, '--json');
  const { sections } = JSON.parse(out);
  const done = (name: string) => sections.find((each: { name: string }) => each.name === name).exercised;
  expect(done('channels')).toEqual(expect.arrayContaining(['email retried', 'email dead']));
  expect(done('failures')).toEqual(['EMAIL_DEFERRED']);
  expect(done('faults')).toEqual(['mail.refuse']);
  expect(done('lamps')).toContain('delivery/email on');
});

test('a share that is too small fails, with the report; and there is a page', async () => {
  const dir = await folder();
  const notes = join(dir, 'walk.jsonl');
  await suite({ walkTest: notes });
  const page = join(dir, 'walk.html');
  const short = await command('walk-test', 'report', notes, '--html', page, '--min', '99.5%');
  expect(short.code).toBe(1);
  expect(short.err).toMatch(/^smokewire: WALK_TEST_SHORT: [\d.]+ % were exercised, and 99\.5 % are asked for$/m);
  expect(short.out).toMatch(/^detectors +2 of 6 +33\.3 % {2}not: 2–5$/m);
  expect(await readFile(page, 'utf8')).toContain('<title>Walk test: ');
  expect((await command('walk-test', 'report', notes, '--min', '10%')).code).toBe(0);
});

test('wrong files and wrong usage are exit 2', async () => {
  const bad = join(await folder(), 'bad.jsonl');
  await writeFile(bad, 'hello\n');
  const { code, err } = await command('walk-test', 'report', bad);
  expect(code).toBe(2);
  expect(err).toMatch(/FILE_INVALID: .*bad\.jsonl:1: /);
  expect((await command('walk-test', 'report', `${bad}.not-there`)).code).toBe(2);
  expect((await command('walk-test', 'report', bad, '--min', 'most')).code).toBe(2);
  expect((await command('walk-test', 'report')).code).toBe(2);
});
