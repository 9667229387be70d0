import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { App } from './app.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The panel's page. Its few files are read once, by the names that are there: no path from outside meets the file system. */
export async function pageRoutes(app: App, directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const body = await readFile(join(directory, name));
    const index = name === 'index.html';
    app.get(
      index ? '/' : `/page/${name}`,
      { schema: { summary: 'The panel', hide: !index, produces: ['text/html'] } },
      (_request, reply) => reply.type(type).header('cache-control', 'no-cache').send(body),
    );
  }
}
