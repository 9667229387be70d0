import { expect, test } from 'vitest';
import { CHAOS_ACTS } from '../../../../app/kit/chaos/acts.ts';
import { parseWalks, walkReport } from '../../../../app/kit/walk-test/report.ts';
import { walkReportHtml } from '../../../../app/kit/walk-test/report-html.ts';
import type { Walk } from '../../../../app/kit/walk-test/walk.ts';
import { DETECTOR_STATES } from '../../../../contracts/events.ts';
import { DETECTOR_ACTIONS } from '../../../../contracts/http.ts';
import { CHANNELS } from '../../../../contracts/kafka-topics.ts';
import { SITE_EVENT_TYPES } from '../../../../contracts/site-events.ts';

function walk(given: Partial<Walk> = {}): Walk {
  return { walkTest: 1, site: 'hq', detectors: [1, 2, 3], floors: [1, 2], lamps: [], exercised: {}, ...given };
}

const section = (walks: readonly Walk[], name: string) => walkReport(walks).sections.find((each) => each.name === name);

test('each thing counts once, whoever had it and whoever exercised it', () => {
  const walks = [
    walk({ exercised: { detectors: ['2'], states: ['ok', 'alarm'] } }),
    walk({ detectors: [1, 2, 3, 4, 10], exercised: { detectors: ['2', '10'], states: ['silent', 'ok'] } }),
  ];
  expect(section(walks, 'detectors')).toMatchObject({ exercised: ['2', '10'], missing: ['1', '3', '4'] });
  expect(section(walks, 'states')).toMatchObject({
    exercised: ['ok', 'alarm', 'silent'],
    missing: ['suspect', 'never-seen'],
  });
});

test('what there is comes from the lists that the code goes by', () => {
  const size = (name: string) => {
    const { exercised = [], missing = [] } = section([walk({ lamps: ['floor/3'] })], name) ?? {};
    return exercised.length + missing.length;
  };
  expect(size('states')).toBe(DETECTOR_STATES.length);
  expect(size('actions')).toBe(DETECTOR_ACTIONS.length);
  expect(size('events')).toBe(SITE_EVENT_TYPES.length);
  expect(size('channels')).toBe(CHANNELS.length * 3);
  expect(size('faults')).toBe(Object.keys(CHAOS_ACTS).length);
  expect(size('valves')).toBe(2 * 2);
  expect(size('lamps')).toBe(2);
  const failures = section([walk()], 'failures')?.missing;
  expect(failures).toEqual(
    expect.arrayContaining(['SIGNAL_STALE', 'COMMAND_EXPIRED', 'EMAIL_DEFERRED', 'SMS_REFUSED']),
  );
  expect(failures).not.toContain('CONFIG_INVALID');
  expect(failures).not.toContain('ROUTE_UNKNOWN');
});

test('the share is of everything, and never rounded up', () => {
  const empty = walkReport([walk()]);
  expect(empty).toMatchObject({ sites: 1, exercised: 0, percent: 0 });
  const all = walkReport([
    walk({ exercised: Object.fromEntries(empty.sections.map(({ name, missing }) => [name, [...missing]])) }),
  ]);
  expect(all).toMatchObject({ exercised: empty.total, total: empty.total, percent: 100 });
  const butOne = walkReport([walk({ detectors: Array.from({ length: 10_000 }, (_, i) => i + 1) })]);
  const done = Object.fromEntries(
    butOne.sections.map(({ name, missing }) => [name, missing.slice(name === 'events' ? 1 : 0)]),
  );
  expect(
    walkReport([walk({ detectors: Array.from({ length: 10_000 }, (_, i) => i + 1), exercised: done })]).percent,
  ).toBe(99.9);
});

test('what is no note is told with its file and line, all of it at once', () => {
  const good = JSON.stringify(walk());
  expect(parseWalks([{ path: 'a', text: `${good}\n\n${good}\n` }])).toHaveLength(2);
  const files = [
    { path: 'a.jsonl', text: `${good}\n{"walkTest":2}\n` },
    { path: 'b.jsonl', text: `hello\n${JSON.stringify({ ...walk(), exercised: { colours: [] } })}\n` },
  ];
  const problems = () => parseWalks(files);
  expect(problems).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
  expect(problems).toThrow(/^a\.jsonl:2: walkTest: this version/m);
  expect(problems).toThrow(/^b\.jsonl:1: the line: /m);
  expect(problems).toThrow(/^b\.jsonl:2: exercised/m);
});

test('the page says it all, needs nothing from elsewhere, and takes names as text', () => {
  const evil = '<img src=x onerror=alert(1)>"&';
  const html = walkReportHtml(
    walkReport([walk({ lamps: [evil], exercised: { lamps: [`${evil} on`], detectors: ['2'] } })]),
  );
  expect(html).not.toContain('<img');
  expect(html).toContain('✓ &lt;img src=x onerror=alert(1)&gt;&quot;&amp; on');
  expect(html).toContain('<li class="done">✓ 2</li><li class="missing">1</li><li class="missing">3</li>');
  expect(html).toContain('1 of 3 · 33.3 %');
  expect(html).not.toMatch(/https?:|<script|<link|url\(/);
});
