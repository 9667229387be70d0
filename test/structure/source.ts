import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The folders of the project's own code. */
export const ROOMS = [
  'contracts',
  'transport',
  'simulators',
  'processors',
  'notifiers',
  'brokers',
  'panel',
  'app',
] as const;

/** A source file: its path from the root, its room, its text without comments. */
export interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly code: string;
  /** Modules that it imports: relative ones as paths from the root, others as written. */
  readonly imports: readonly string[];
}

/** Every TypeScript file of the rooms. */
export function sources(): SourceFile[] {
  return ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => read(room, join(room, name))),
  );
}

function read(room: string, path: string): SourceFile {
  const code = readFileSync(join(ROOT, path), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1');
  const specifiers = [...code.matchAll(/\b(?:from|import)\s*\(?\s*'([\w@./:-]+)'/g)].map(
    ([, specifier = '']) => specifier,
  );
  const imports = specifiers.map((specifier) => (specifier.startsWith('.') ? join(path, '..', specifier) : specifier));
  return { path, room, code, imports };
}
