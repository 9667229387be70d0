import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Flusher } from '../../../brokers/kafka/storage/flusher.ts';
import { Journal } from '../../../brokers/kafka/storage/journal.ts';
import type { Change } from '../../../brokers/kafka/store.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'smokewire-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function opened(name = 'journal'): Journal {
  const journal = new Journal(join(folder, name), new Flusher(new ManualClock(), recordingLogger()));
  journal.open();
  return journal;
}

/** What a journal has, as a plain object. */
function contents(journal: Journal): Record<string, unknown> {
  return Object.fromEntries([...journal.of('k')].map(({ key, value }) => [String(key[0]), value]));
}

const change: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(4), fc.option(fc.string({ unit: 'binary', maxLength: 20 }), { nil: undefined }))
  .map(([name, text]) => [['k', name], text === undefined ? undefined : { text }] as const);

test('after a crash it has the first so many sets of changes, each as a whole', () => {
  const sets = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(sets, fc.nat(1000), (puts, cutAt) => {
      rmSync(join(folder, 'journal'), { force: true });
      const journal = opened();
      const states = [contents(journal)];
      const sizes = [0];
      for (const changes of puts) {
        journal.put(changes);
        states.push(contents(journal));
        sizes.push(statSync(join(folder, 'journal')).size);
      }
      journal.close();
      const bytes = readFileSync(join(folder, 'journal'));
      const left = cutAt % (bytes.length + 1);
      writeFileSync(join(folder, 'crashed'), bytes.subarray(0, left));
      const crashed = opened('crashed');
      expect(contents(crashed)).toEqual(states[sizes.filter((size) => size <= left).length - 1]);
      crashed.put([[['k', 'after'], { text: 'the crash' }]]);
      const expected = contents(crashed);
      crashed.close();
      const again = opened('crashed');
      expect(contents(again)).toEqual(expected);
      again.close();
    }),
    { numRuns: 100 },
  );
});

test('is written anew when it is much more than it holds', () => {
  const journal = opened();
  const text = 'x'.repeat(1000);
  for (let i = 0; i < 5_000; i++) journal.put([[['k', i % 10], { text, i }]]);
  journal.put([[['k', 3], undefined]]);
  const expected = contents(journal);
  journal.close();
  expect(statSync(join(folder, 'journal')).size).toBeLessThan(1.2 * 1024 * 1024);
  const again = opened();
  expect(contents(again)).toEqual(expected);
  expect(Object.keys(expected)).not.toContain('3');
  again.close();
});

test('goes on where it cannot be written anew, and is when it can', () => {
  const journal = opened();
  // A folder in the place of the new file: the operating system refuses to open it, as it would on a disk without room.
  mkdirSync(join(folder, 'journal.new'));
  const text = 'x'.repeat(1000);
  const size = () => statSync(join(folder, 'journal')).size;
  const put = (count: number) => {
    for (let i = 0; i < count; i++) journal.put([[['k', i % 10], { text, i }]]);
  };
  put(1_500);
  expect(size()).toBeGreaterThan(1.4 * 1024 * 1024);
  rmSync(join(folder, 'journal.new'), { recursive: true, force: true });
  put(4_000);
  expect(size()).toBeLessThan(1.2 * 1024 * 1024);
  const expected = contents(journal);
  journal.close();
  const again = opened();
  expect(contents(again)).toEqual(expected);
  again.close();
});

test('with a broken line before others is not taken, and is left as it is', () => {
  const journal = opened();
  for (let i = 0; i < 3; i++) journal.put([[['k', i], { i }]]);
  journal.close();
  const bytes = readFileSync(join(folder, 'journal'));
  bytes.writeUInt8(bytes.readUInt8(12) ^ 1, 12);
  writeFileSync(join(folder, 'journal'), bytes);
  expect(() => opened()).toThrow('damaged at byte 0');
  expect(readFileSync(join(folder, 'journal'))).toEqual(bytes);
});

test('that is closed takes nothing', () => {
  const journal = opened();
  journal.close();
  journal.close();
  expect(() => journal.put([[['k', 1], {}]])).toThrow('closed');
});
