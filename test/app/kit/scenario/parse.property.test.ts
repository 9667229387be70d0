import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ACTS } from '../../../../app/kit/scenario/acts.ts';
import { parseScenario } from '../../../../app/kit/scenario/parse.ts';
import { PATTERNS } from '../../../../app/kit/scenario/patterns.ts';
import { fileSchema } from '../../../../app/kit/scenario/schema.ts';

const KEYS = [
  ...Object.keys(fileSchema.shape),
  ...Object.keys(ACTS.shape),
  ...Object.keys(PATTERNS.shape),
  ...[
    'at',
    'refused',
    'between',
    'within',
    'after',
    'count',
    'because',
    'profile',
    'floor',
    'becomes',
    'about',
    'channel',
  ],
];
const VALUES = [
  '10s',
  '5s',
  'detector 8',
  'floor 99',
  'open',
  'email',
  '(',
  'EN 54-2 7.1',
  '__proto__',
  7,
  0,
  -1,
  99,
  null,
  true,
];

/** Data that looks a little like a scenario: its keys and values, in the wrong places. */
const { file } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...VALUES),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 4 }),
  ),
  file: fc.record(
    { name: fc.constant('x'), until: tie('value'), timeline: fc.array(tie('value')), expect: fc.array(tie('value')) },
    { requiredKeys: [] },
  ),
}));

test('whatever a file says, it is a scenario, or has problems that stand in it', () => {
  fc.assert(
    fc.property(file, (data) => {
      const text = stringify(data);
      const parsed = parseScenario(text);
      if ('scenario' in parsed) return;
      expect(parsed.problems.length).toBeGreaterThan(0);
      const lines = text.split('\n');
      for (const { line, column, message } of parsed.problems) {
        expect(message).not.toMatch(/undefined|\[object|Invalid/);
        expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? -1) + 1);
      }
    }),
    { numRuns: 100 },
  );
});

test('whatever a text is, it is read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      const parsed = parseScenario(text);
      expect('problems' in parsed && parsed.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});
