import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startPanel } from './support/panel.ts';

/** A request with headers that `fetch` does not let one choose. */
function send(url: string, { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> }) {
  return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('by which name the server is asked', () => {
  it.each(['127.0.0.1:8080', 'localhost', 'LOCALHOST:1', '[::1]:8080', '192.168.1.7', 'smokewire:8080'])(
    'answers to %s',
    async (host) => {
      const { server } = await startPanel();
      expect((await send(`${server.url}/api/v1/site`, { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    'rebound.example.com',
    'localhost.example.com:8080',
    '127.0.0.1.nip.io',
    'user@127.0.0.1',
    'a b',
    '127.0.0.1/x',
  ])('refuses %s, to which a stranger can point a name', async (host) => {
    const { server } = await startPanel();
    const { status, body } = await send(`${server.url}/api/v1/site`, { headers: { host } });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ code: 'ORIGIN_REFUSED' });
  });

  it('shows its health to whoever asks, by any name', async () => {
    const { server } = await startPanel();
    for (const path of ['/livez', '/readyz', '/metrics']) {
      expect((await send(server.url + path, { headers: { host: 'metrics.example.com' } })).status).toBe(200);
    }
  });
});

describe('from which page a request comes', () => {
  const command = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"position":"open"}' };
  const from = (headers: Record<string, string>): RequestInit => ({
    ...command,
    headers: { ...command.headers, ...headers },
  });

  it.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin of another port', { origin: 'http://127.0.0.1:1' }],
    ['a sandboxed page', { origin: 'null' }],
    ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
  ])('refuses %s, and commands nothing', async (_, headers) => {
    const { ask, news, records, sent } = await startPanel();
    news(records.detector(1, 3));
    const response = await ask('/api/v1/floors/3/valve', from(headers));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'ORIGIN_REFUSED' });
    expect((await ask('/api/v1/floors/3/valve', command)).status).toBe(202);
    expect(sent).toHaveLength(1);
  });

  it('takes commands from its own page', async () => {
    const { ask, news, records, server } = await startPanel();
    news(records.detector(1, 3));
    const own = from({ origin: server.url, 'sec-fetch-site': 'same-origin' });
    expect((await ask('/api/v1/floors/3/valve', own)).status).toBe(202);
  });

  it('tells no browser that others may read it', async () => {
    const { ask } = await startPanel();
    for (const path of ['/api/v1/site', '/nowhere', '/livez']) {
      const { headers } = await ask(path);
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });
});

it('answers bytes that are no HTTP with a problem, and goes on', async () => {
  const { server, ask } = await startPanel();
  const heard = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () =>
      socket.write('\u0010\u000cMQTT\r\n\r\n'),
    );
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text)).on('error', reject);
  });
  expect(heard).toMatch(/^HTTP\/1\.1 400 /);
  expect(heard).toContain('"code":"REQUEST_INVALID"');
  expect((await ask('/livez')).status).toBe(200);
});
