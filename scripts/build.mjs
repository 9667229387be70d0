// Builds `dist`: compiled modules for Node and for the page, and the page's files that need no compiling.
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, tsc } from './tsc.mjs';

rmSync(join(root, 'dist'), { recursive: true, force: true });
tsc('tsconfig.build.json');
tsc('panel/page/tsconfig.json');
cpSync(join(root, 'panel/page'), join(root, 'dist/panel/page'), {
  recursive: true,
  filter: (path) => !path.endsWith('.ts') && !path.endsWith('tsconfig.json'),
});
