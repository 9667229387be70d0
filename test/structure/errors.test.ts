import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode, errorTraits } from '../../contracts/errors.ts';

/** Rows of the table in docs/errors.md: code → the column "again". */
function documented(): Map<string, string> {
  const rows = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8').matchAll(
    /^\| `([A-Z_0-9]+)` \| [^|]+ \| (yes|no) \| [^|]+ \|$/gm,
  );
  return new Map([...rows].map(([, code = '', again = '']) => [code, again]));
}

const codes = Object.keys(ERRORS).filter((code): code is ErrorCode => code in ERRORS);

test('docs/errors.md lists exactly the codes that exist', () => {
  expect([...documented().keys()].sort()).toEqual([...codes].sort());
});

test('docs/errors.md says of each code whether the same attempt may succeed later', () => {
  const expected = new Map(codes.map((code) => [code, errorTraits(code).retryable ? 'yes' : 'no']));
  expect(new Map([...documented()].sort())).toEqual(new Map([...expected].sort()));
});
