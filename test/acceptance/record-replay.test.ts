import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCommandLine } from '../../app/cli/program.ts';
import { type Site, startSite } from '../../app/index.ts';
import { terminalOf } from '../app/terminal-of.ts';
import { eventually, within } from '../support/eventually.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'smokewire-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** Runs a command. With `during`, that begins once the command has said something, and the command is stopped at its end. */
async function command(args: string[], during?: () => Promise<void>) {
  const stopping = new AbortController();
  const { terminal, written } = terminalOf();
  const ended = runCommandLine(args, { ...terminal, stopping: stopping.signal });
  if (during) {
    await eventually('it has begun', () => written.out !== '');
    await during().finally(() => stopping.abort());
  }
  const code = await within(args.join(' '), ended, 20_000);
  return { code, ...written };
}

/** A site in real time; windows of 3 s, which a busy machine does not overstep. */
async function realSite(): Promise<Site> {
  const site = await startSite({ detectors: 8, floors: 4, heartbeat: '250ms', misses: 8, grace: '1s', seed: 'cli' });
  onTestFinished(() => site.stop());
  return site;
}

test('what was recorded of a running site is told again, and the file is a file of lines', {
  timeout: 60_000,
}, async () => {
  const site = await realSite();
  const file = join(await folder(), 'fire.jsonl');
  // A watchdog hears of a new detector when it may; by now it has.
  await site.clock.advance('2s');
  const recorded = await command(['record', file, '--url', site.addresses.api], async () => {
    await site.detector(5).silence();
    await site.inbox.email({ about: site.detector(5) });
    await site.detector(7).trip();
    await site.valve(3).opened();
    await site.inbox.email({ about: site.floor(3) });
    await site.detector(7).clear();
    await site.detector(7).is('ok');
    await site.floor(3).reset();
    await site.valve(3).close();
    await site.valve(3).closed();
    await site.detector(5).revive();
    await site.detector(5).is('ok');
  });
  expect(recorded).toMatchObject({ code: 0, err: '' });
  expect(recorded.out).toMatch(
    /^recording site hq → .*fire\.jsonl; Ctrl-C ends it\nrecorded \d+\.\d s: \d+ records came in, \d+ notifications went out\n$/,
  );

  const same = await command(['replay', file]);
  expect(same.out).toMatch(/^site hq, .* records came in; (\d+) notifications then, \1 now\nno difference\n$/);
  expect(same).toMatchObject({ code: 0, err: '' });

  // With longer windows nobody would have been told of detector 5.
  const other = await command(['replay', file, '--misses', '200']);
  expect(other.code).toBe(1);
  expect(other.out).toMatch(/^- .* fault opened: detector 5: not told now$/m);
  expect(other.out).toMatch(/^ {4}email to safety@example\.com$/m);
  expect(other.err).toMatch(/^smokewire: REPLAY_DIFFERS: \d+ of the notifications are not as recorded$/m);
});

test('a recording ends by itself, and speaks JSON', async () => {
  const site = await realSite();
  const file = join(await folder(), 'quiet.jsonl');
  const { code, out } = await command(['record', file, '--url', site.addresses.api, '--for', '300ms', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ file, notifications: 0, complete: true });
  const replayed = await command(['replay', file, '--json']);
  expect(JSON.parse(replayed.out)).toMatchObject({ site: 'hq', recorded: 0, replayed: 0, differences: 0 });
});

test('differences as JSON: the summary, then one a line', async () => {
  const site = await startSite({ clock: 'virtual', detectors: 8, floors: 4 });
  onTestFinished(() => site.stop());
  const file = join(await folder(), 'fire.jsonl');
  const recording = await site.record();
  await site.detector(7).trip();
  await (await recording.stop()).save(file);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll('FIRE: floor 3', 'Fire: floor 3'));
  const { code, out } = await command(['replay', file, '--json', '--tolerance', '0ms']);
  expect(code).toBe(1);
  const [summary, difference, ...rest] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(summary).toMatchObject({ site: 'hq', recorded: 1, replayed: 1, differences: 1 });
  expect(difference).toMatchObject({ difference: 'changed', recorded: { subject: 'floor/3', kind: 'fire' } });
  expect(rest).toEqual([]);
});

test('a file that is no recording, or is not there, is exit 2 with what is wrong in which line', async () => {
  const path = join(await folder(), 'bad.jsonl');
  await writeFile(path, '{"line":"recording"}\nhello\n');
  const bad = await command(['replay', path]);
  expect(bad.code).toBe(2);
  expect(bad.err).toMatch(/^smokewire: FILE_INVALID: line 1: version: /m);
  expect(bad.err).toMatch(/^smokewire: FILE_INVALID: line 2: is not JSON$/m);
  const none = await command(['replay', `${path}.not-there`]);
  expect(none.code).toBe(2);
  expect(none.err).toMatch(/^smokewire: FILE_INVALID: .*not-there cannot be read: ENOENT/);
  expect((await command(['replay', path, '--tolerance', 'soon'])).code).toBe(2);
});

test('a recording needs a site and a file that can be written', async () => {
  const site = await realSite();
  const nowhere = join(await folder(), 'no', 'such', 'folder.jsonl');
  const { code, err } = await command(['record', nowhere, '--url', site.addresses.api]);
  expect(code).toBe(2);
  expect(err).toMatch(/^smokewire: FILE_INVALID: .* cannot be written: ENOENT/);
  expect((await command(['record', nowhere, '--url', 'http://127.0.0.1:9'])).code).toBe(3);
});
