import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ROUTES } from '../../contracts/http.ts';
import { SITE_EVENT_TYPES } from '../../contracts/site-events.ts';
import { NotingFleet, startPanel } from './support/panel.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const operation = z.object({ summary: z.string().min(1), responses: z.record(z.string(), z.unknown()) });
const description = z.object({ openapi: z.string(), paths: z.record(z.string(), z.record(z.string(), operation)) });

async function describeAll() {
  const { ask } = await startPanel({
    fleet: new NotingFleet(),
    inboxes: { emails: () => [], sms: () => [] },
    panel: { pageDir: `${root}panel/page` },
  });
  return description.parse(await (await ask('/openapi.json')).json());
}

it('describes exactly the routes of the list', async () => {
  const { openapi, paths } = await describeAll();
  expect(openapi).toBe('3.1.0');
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.sort()).toEqual([...ROUTES].sort());
});

it('describes parameters, bodies and answers by their schemas', async () => {
  const { paths } = await describeAll();
  const valve = paths['/api/v1/floors/{floor}/valve']?.['put'];
  expect(valve).toMatchObject({ summary: expect.stringContaining('switch') });
  expect(Object.keys(valve?.responses ?? {})).toEqual(['202', '404', '503']);
  expect(JSON.stringify(paths['/api/v1/detectors'])).toContain('never-seen');
});

it('serves the routes that docs/http.md lists, and no others', async () => {
  const docs = await readFile(`${root}docs/http.md`, 'utf8');
  const listed = [...docs.matchAll(/^\| `((?:GET|PUT|POST|DELETE) \/[^`]*)`/gm)].map(([, route]) => route);
  expect(listed.sort()).toEqual([...ROUTES].sort());
});

it('tells the events that docs/http.md lists, and no others', async () => {
  const docs = await readFile(`${root}docs/http.md`, 'utf8');
  const listed = [...docs.matchAll(/^\| `([a-z]+\.[a-z]+)`/gm)].map(([, type]) => type);
  expect(listed.sort()).toEqual([...SITE_EVENT_TYPES].sort());
});
