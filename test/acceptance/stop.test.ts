import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunningCommand } from '../support/command.ts';
import { eventually, within } from '../support/eventually.ts';
import { upCommand } from './up-command.ts';

const CLEAN = { code: 0, signal: null, output: 'done, with 0 timers left\n' };
const PROGRAM = fileURLToPath(new URL('stop-process.mjs', import.meta.url));

describe('a process that starts and stops sites ends by itself, and says nothing', () => {
  test.each(['once and for all', 'twice', 'in the middle of it all', 'two, side by side', 'during its start'])(
    '%s',
    async (story) => {
      expect(await endOf(story)).toEqual(CLEAN);
    },
  );

  test.each(['an MQTT broker that is not there', 'a wait in vain'])('after %s', async (story) => {
    expect(await endOf(story)).toEqual(CLEAN);
  });

  test('after a port that is taken', async () => {
    const port = await listeningPort(() => {});
    expect(await endOf('a port that is taken', port)).toEqual(CLEAN);
  });
});

describe('SIGTERM', () => {
  test('at any moment of the start is a clean stop within 5 s', async () => {
    const moments = Array.from({ length: 17 }, (_, i) => i * 50);
    const ends = [];
    // Four at a time: a machine with two cores would start no more of them in that time.
    for (let i = 0; i < moments.length; i += 4) {
      ends.push(...(await Promise.all(moments.slice(i, i + 4).map(stoppedAfter))));
    }
    // Late enough for a busy machine to have begun.
    if (ends.every(({ signal }) => signal !== null)) ends.push(await stoppedAfter(5_000));
    for (const { afterMs, code, signal, stderr, tookMs, last } of ends) {
      const what = `after ${afterMs} ms`;
      // Before Node runs the first line of ours, the signal ends the process by itself.
      if (signal !== null)
        expect({ code, signal, last }, what).toEqual({ code: null, signal: 'SIGTERM', last: undefined });
      else expect({ code, last }, what).toEqual({ code: 0, last: 'site.stopped' });
      expect(stderr, what).toBe('');
      expect(tookMs, what).toBeLessThan(5_000);
    }
    expect(ends.some(({ signal }) => signal === null)).toBe(true);
  });

  test('is followed by site.stopped: that its own detectors go is no news', async () => {
    const site = upCommand();
    await site.event('site.ready');
    const before = site.lines.length;
    expect(await site.stop()).toMatchObject({ code: 0, stderr: '' });
    expect(site.lines.slice(before).map((line) => JSON.parse(line).type)).toEqual(['site.stopped']);
  });

  test('a second signal exits at once, whatever still hangs', async () => {
    let asked = 0;
    const silent = await listeningPort(() => {
      asked += 1;
    });
    // A mail server that never greets: the stop gives a running send some time.
    const site = upCommand('--smtp', `smtp://127.0.0.1:${silent}`);
    const { data } = await site.event('site.ready');
    await fetch(`${data.api}/api/v1/detectors/7/trip`, { method: 'POST' });
    await eventually('the mail to be under way', () => asked > 0);
    // Two different signals, since a second one of the same kind may be lost while the first is pending.
    site.child.kill('SIGTERM');
    site.child.kill('SIGINT');
    const { code, stderr } = await within('the exit', site.ended, 1_000);
    expect([130, 143]).toContain(code);
    expect(stderr).toBe('');
    expect(site.lines.some((line) => line.includes('site.stopped'))).toBe(false);
  });
});

async function stoppedAfter(afterMs: number) {
  const site: RunningCommand = upCommand();
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const from = performance.now();
  const { code, signal, stderr } = await site.stop();
  const last = site.lines.at(-1);
  return { afterMs, code, signal, stderr, tookMs: performance.now() - from, last: last && JSON.parse(last).type };
}

/** How the process ended that plays this story, and all that it wrote. */
async function endOf(story: string, ...args: readonly (string | number)[]) {
  const child = spawn(process.execPath, [PROGRAM, story, ...args.map(String)], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('close', (...end) => resolve(end));
  });
  const [code, signal] = await within(`the end of "${story}"`, ended, 25_000);
  return { code, signal, output };
}

/** The port of a server that takes connections, tells of them, and says nothing. */
async function listeningPort(onConnection: () => void): Promise<number> {
  const server = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    onConnection();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the server has no port');
  return address.port;
}
