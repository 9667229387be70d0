import { createServer, type RequestListener } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { SiteApi } from '../../app/site-api.ts';

async function serve(listener: RequestListener): Promise<SiteApi> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  return new SiteApi(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`);
}

it('reads what a route answers', async () => {
  const api = await serve((request, response) => response.end(JSON.stringify({ path: request.url })));
  expect(await api.get('/api/v1/site', z.object({ path: z.string() }))).toEqual({ path: '/api/v1/site' });
});

it('sends a command with its body, and takes an answer without one', async () => {
  const api = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method, headers } = request;
    response.statusCode = 202;
    response.end(body && JSON.stringify({ method, type: headers['content-type'], body: JSON.parse(body) }));
  });
  expect(await api.send('PUT', '/x', { position: 'open' })).toEqual({
    ...{ method: 'PUT', type: 'application/json', body: { position: 'open' } },
  });
  expect(await api.send('POST', '/x')).toEqual({});
});

it('throws the error that the problem details name', async () => {
  const problem = { type: 'about:blank', title: 'x', status: 409, detail: 'floor 3 burns', code: 'FLOOR_IN_ALARM' };
  const api = await serve((_request, response) => response.writeHead(409).end(JSON.stringify(problem)));
  await expect(api.send('POST', '/x')).rejects.toMatchObject({ code: 'FLOOR_IN_ALARM', message: 'floor 3 burns' });
});

it('does not take a code that it does not know for one of ours', async () => {
  const problem = { type: 'about:blank', title: 'x', status: 400, detail: 'new', code: 'toString' };
  const api = await serve((_request, response) => response.writeHead(400).end(JSON.stringify(problem)));
  await expect(api.get('/x', z.unknown())).rejects.toMatchObject({ code: 'INTERNAL' });
});

it('says that nobody answers, or that who answers is no site', async () => {
  await expect(new SiteApi('http://127.0.0.1:9').get('/', z.unknown())).rejects.toMatchObject({
    code: 'SITE_UNREACHABLE',
    message: expect.stringMatching(/no site answers at http:\/\/127\.0\.0\.1:9: start one/),
  });
  const api = await serve((_request, response) => response.writeHead(404).end('<html>'));
  await expect(api.get('/x', z.unknown())).rejects.toMatchObject({ code: 'SITE_UNREACHABLE' });
});

it('takes an answer of another kind for no site', async () => {
  const api = await serve((_request, response) => response.end('<html>hello'));
  await expect(api.get('/x', z.object({ name: z.string() }))).rejects.toMatchObject({ code: 'SITE_UNREACHABLE' });
});
