import { expect, test } from 'vitest';
import { ROOMS, sources } from './source.ts';

/** Which rooms a room may import besides itself (docs/architecture.md). */
const ALLOWED: Record<string, readonly string[]> = {
  contracts: [],
  transport: ['contracts'],
  brokers: ['contracts'],
  simulators: ['contracts', 'transport'],
  processors: ['contracts', 'transport'],
  notifiers: ['contracts', 'transport'],
  panel: ['contracts', 'transport'],
  app: ROOMS,
};

const files = sources();

test('every room is read', () => {
  expect(new Set(files.map((file) => file.room))).toEqual(new Set(ROOMS));
});

test('a room imports only the rooms below it', () => {
  const offences = files.flatMap((file) =>
    file.imports
      .filter((target) => !/^(node:|@?[a-z])/.test(target) || ROOMS.some((room) => target.startsWith(`${room}/`)))
      .filter((target) => !target.startsWith(`${file.room}/`))
      .filter((target) => !ALLOWED[file.room]?.some((room) => target.startsWith(`${room}/`)))
      .map((target) => `${file.path} imports ${target}`),
  );
  expect(offences).toEqual([]);
});

test('only app touches real time, timers, randomness, the environment and the console', () => {
  const real =
    /\bDate\.now\(|\bnew Date\(\)|\bset(?:Timeout|Interval)\(|\bperformance\.now\(|\bMath\.random\(|\brandom(?:UUID|Bytes|Int|FillSync)\(|\bprocess\.(?:env|hrtime|argv)|\bconsole\.|'node:timers/;
  const offences = files
    .filter((file) => file.room !== 'app' && !file.path.startsWith('panel/page/'))
    .flatMap((file) =>
      file.code.split('\n').flatMap((line) => (real.test(line) ? [`${file.path}: ${line.trim()}`] : [])),
    );
  expect(offences).toEqual([]);
});

test('no `any`, no non-null `!`, no `as` but `as const`', () => {
  const silenced = /\bas (?!const\b)[A-Za-z{[(]|: any\b|<any>|@ts-(?:ignore|expect-error|nocheck)|biome-ignore/;
  const offences = files.flatMap((file) =>
    file.code
      .split('\n')
      .filter((line) => !/^\s*(?:import|export)\b.* as /.test(line) && !/^\s*\w+ as \w+,?$/.test(line))
      .flatMap((line) =>
        silenced.test(line.replace(/'[^']*'|`[^`]*`/g, "''")) ? [`${file.path}: ${line.trim()}`] : [],
      ),
  );
  expect(offences).toEqual([]);
});
