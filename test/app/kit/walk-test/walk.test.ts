import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Walk, WalkNotes } from '../../../../app/kit/walk-test/walk.ts';
import { EventLog } from '../../../../panel/model/event-log.ts';
import { ReadModel } from '../../../../panel/model/read-model.ts';
import { Records } from '../../../panel/support/records.ts';

/** Notes over a model that the test feeds by hand. */
function notes(path = '') {
  const dir = mkdtempSync(join(tmpdir(), 'smokewire-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = path || join(dir, 'walk.jsonl');
  const events = new EventLog({ run: 'run' });
  const model = new ReadModel({ events });
  const walk = new WalkNotes({ path: file, site: 'hq', model, events });
  const records = new Records();
  const news = (...all: ReturnType<Records['from']>[]) => {
    for (const record of all) model.apply(record, true);
  };
  const written = (): Walk[] =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { walk, records, news, written };
}

test('a detector that signals or fails was walked, one that is well was not', () => {
  const { walk, records, news, written } = notes();
  walk.ready();
  news(records.detector(1), records.detector(2, 2), records.detector(3), records.signal(1, 1), records.signal(3, 0));
  news(records.state(2, 'suspect', { floor: 2 }));
  walk.acted('trip');
  walk.stopping();
  walk.stopped();
  expect(written()).toEqual([
    {
      walkTest: 1,
      site: 'hq',
      detectors: [1, 2, 3],
      floors: [1, 2],
      lamps: [],
      exercised: {
        actions: ['trip'],
        detectors: ['1', '2'],
        events: ['detector.suspect', 'site.ready', 'site.stopped'],
        states: ['alarm', 'never-seen', 'ok', 'suspect'],
      },
    },
  ]);
});

test('that a detector goes because its site stops is no test of it', () => {
  const { walk, records, news, written } = notes();
  walk.ready();
  news(records.detector(1), records.signal(1, 0));
  walk.stopping();
  news(records.state(1, 'suspect'));
  walk.stopped();
  expect(written()[0]?.exercised).toEqual({
    events: ['site.ready', 'site.stopped'],
    states: ['never-seen', 'ok'],
  });
});

test('a site that never was ready tested nothing; a file that cannot be written is told', () => {
  notes('/no/such/folder/walk.jsonl').walk.stopped();
  const { walk } = notes('/no/such/folder/walk.jsonl');
  walk.ready();
  walk.stopping();
  expect(() => walk.stopped()).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
});
