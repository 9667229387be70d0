import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SmokewireError } from '../../../contracts/errors.ts';
import { parseScenario, type Scenario } from './parse.ts';

export interface ReadScenario {
  readonly file: string;
  readonly scenario: Scenario;
}

/**
 * Reads scenario files, and those of folders in the order of their names.
 * @throws SmokewireError SCENARIO_INVALID, a line for each problem of each file: `file:line:column: what is wrong`
 */
export async function readScenarios(paths: readonly string[]): Promise<ReadScenario[]> {
  const problems: string[] = [];
  const read: ReadScenario[] = [];
  for (const path of paths) {
    try {
      for (const file of await filesAt(path)) {
        const parsed = parseScenario(await readFile(file, 'utf8'));
        if ('scenario' in parsed) read.push({ file, scenario: parsed.scenario });
        else
          problems.push(...parsed.problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`));
      }
    } catch (error) {
      problems.push(`${path}: cannot be read: ${messageOf(error)}`);
    }
  }
  if (problems.length === 0 && read.length === 0)
    problems.push(`there is no scenario (.yaml, .yml) in ${paths.join(', ')}`);
  if (problems.length > 0) throw new SmokewireError('SCENARIO_INVALID', problems.join('\n'));
  return read;
}

async function filesAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path, { recursive: true });
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(path, name));
}
