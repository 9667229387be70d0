import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { within } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { readEvents } from './support/event-stream.ts';
import { startPanel } from './support/panel.ts';

describe('the life of the HTTP server', () => {
  it('says which port is taken, and what to do about it', async () => {
    const { server } = await startPanel();
    const port = Number(new URL(server.url).port);
    await expect(startPanel({ port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(new RegExp(`port ${port} on 127\\.0\\.0\\.1 .*--port \\(PORT\\)`)),
    });
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  it('says when it cannot listen at all', async () => {
    await expect(startPanel({ host: '203.0.113.1' })).rejects.toMatchObject({ code: 'START_FAILED' });
  });

  it('stops at once although streams and idle connections are open, and can start again', async () => {
    const wireClock = new ManualClock();
    const { server, ask, news, records } = await startPanel({ wireClock });
    const stream = await readEvents(`${server.url}/api/v1/events?views=true`);
    await stream.next('the place', ({ event }) => event === 'place');
    news(records.signal(1, 1));
    expect(wireClock.pending()).toHaveLength(2);
    await (await ask('/livez')).text();
    const idle = connect(Number(new URL(server.url).port), '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    const cut = new Promise((resolve) => idle.once('close', resolve).on('error', () => undefined));
    const began = performance.now();
    await server.stop();
    expect(performance.now() - began).toBeLessThan(500);
    expect(wireClock.pending()).toEqual([]);
    await stream.ended();
    await within('the idle connection is cut', cut);
    expect(server.missing()).toEqual(['the HTTP server']);
    expect(() => server.url).toThrow(expect.objectContaining({ code: 'NOT_READY' }));
    await server.stop();
    await server.start();
    expect(server.missing()).toEqual([]);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  it('is stopped after a stop during its start', async () => {
    const { server } = await startPanel();
    await server.stop();
    const starting = server.start();
    await server.stop();
    await starting;
    expect(server.missing()).toEqual(['the HTTP server']);
  });
});

describe('the page', () => {
  it('serves the files of its folder by their names, and nothing else', async () => {
    const pageDir = await mkdtemp(join(tmpdir(), 'smokewire-page-'));
    onTestFinished(() => rm(pageDir, { recursive: true }));
    await writeFile(join(pageDir, 'index.html'), '<!doctype html><title>panel</title>');
    await writeFile(join(pageDir, 'main.js'), 'export {};');
    await writeFile(join(pageDir, 'notes.txt'), 'not for the world');
    const { ask } = await startPanel({ panel: { pageDir } });
    const page = await ask('/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toContain('<title>panel</title>');
    expect((await ask('/page/main.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    for (const path of ['/page/notes.txt', '/page/index.html', '/page/', '/page/..%2fpackage.json', '/page/%2e%2e/x']) {
      expect((await ask(path)).status).toBe(404);
    }
  });

  it('is no route where there are no files', async () => {
    const { ask } = await startPanel();
    expect((await ask('/')).status).toBe(404);
  });
});
