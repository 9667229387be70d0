import { describe, expect, it, test } from 'vitest';
import { problemsOf, scenarioOf } from './support.ts';

describe('a scenario file', () => {
  it('gives times in milliseconds since the site was ready, whatever their unit', () => {
    const {
      timeline,
      expect: expected,
      until,
    } = scenarioOf(`
name: units
timeline:
  - {at: 500ms, trip: 1}
  - {at: 2.5s, clear: [1, 2]}
expect:
  - valve: {floor: 1, becomes: open}
    between: [1s, 1m]
until: 1h`);
    expect(timeline.map(({ at, act }) => [at, act.words])).toEqual([
      [500, 'trip detector 1'],
      [2_500, 'clear detectors 1, 2'],
    ]);
    expect(expected[0]?.window).toMatchObject({ from: 1_000, to: 60_000 });
    expect(until).toBe(3_600_000);
  });

  it('counts within from the only moment of its timeline, and from after where there are several', () => {
    const windowOf = (timeline: string, fields: string) =>
      scenarioOf(`
name: windows
timeline: ${timeline}
expect: [{valve: {floor: 1, becomes: open}, ${fields}}]
until: 200s`).expect[0]?.window;
    expect(windowOf('[{at: 5s, trip: 1}, {at: 5s, trip: 2}]', 'within: 10s')).toMatchObject({
      from: 5_000,
      to: 15_000,
    });
    expect(windowOf('[{at: 5s, trip: 1}, {at: 9s, trip: 2}]', 'within: 10s, after: 9s')).toMatchObject({
      from: 9_000,
      to: 19_000,
    });
    expect(windowOf('[]', 'after: 7s')).toMatchObject({ from: 7_000, to: 200_000 });
    expect(windowOf('[{at: 5s, trip: 1}]', 'within: {profile: EN 54-2 8.2}')).toEqual({
      from: 5_000,
      to: 105_000,
      words: 'within 100s after 5s (EN 54-2 8.2: a fault is indicated within 100 s of its occurrence)',
    });
  });

  it('expects a notification on each channel unless it names some', () => {
    const words = (fields: string) =>
      scenarioOf(`{name: x, timeline: [], expect: [{notification: ${fields}}], until: 1s}`).expect[0]?.patterns.map(
        (pattern) => pattern.words,
      );
    expect(words('{about: detector 8}')).toEqual([
      'e-mail about detector 8',
      'SMS about detector 8',
      'lamp about detector 8',
    ]);
    expect(words('{channel: sms, to: "+15005550006", matching: silent}')).toEqual([
      'SMS to +15005550006 that matches /silent/',
    ]);
    expect(words('{channel: [email], outcome: dead}')).toEqual(['e-mail to be given up']);
  });

  it('may use anchors', () => {
    const { expect: expected } = scenarioOf(`
name: anchors
timeline: [{at: 1s, trip: 1}]
expect:
  - valve: &valve {floor: 1, becomes: open}
  - valve: *valve
until: 9s`);
    expect(expected).toHaveLength(2);
  });
});

describe('problems of a file', () => {
  test('are told all at once, each where it stands, with what is allowed there', () => {
    expect(
      problemsOf(`nam: typo
site:
  detectors: 8
timeline:
  - at: 1
    trip: 1
  - at: 10s
    tripp: 2
  - at: 8s
    valve: {floor: 1, position: ajar}
  - at: 9s
    kill: [1, 99]
  - at: 11s
  - at: 12s
    trip: 1
    kill: 1
  - seven
expect:
  - notification: {channel: fax, about: detector8}
  - detector: {id: 8}
    within: {profile: EN 54}
  - valve: {floor: 9, becomes: open}
    between: [3s, 99s]
  - log: {matching: "("}
    count: many
forbid:
  - valve: {floor: 1, becomes: open, becoms: open}
    within: 3s
    between: [9s, 4s]
until: 20s
`),
    ).toEqual([
      '1:1: name is missing: expected string',
      '1:1: nam is unknown here: did you mean name?',
      '5:9: a time with its unit is expected, as 500ms, 10s, 2.5s or 1m',
      '8:5: tripp is unknown here: did you mean trip?',
      '10:33: expected one of "open", "closed"',
      '11:5: there is no detector 99: the site has 8',
      expect.stringMatching(/^13:5: exactly one of these is expected: trip, clear, kill, /),
      expect.stringMatching(/^14:5: exactly one of these is expected: trip, clear, kill, /),
      '17:5: expected object, received string',
      '19:29: a channel is expected, or a list of them: email, sms, lamp',
      '19:41: what it is about is expected, as detector 8, floor 3, valve 3, pipeline or delivery email',
      '20:15: becomes is missing: expected one of "alarm", "suspect", "silent", "ok"',
      '21:23: expected one of "EN 54-2 7.1", "EN 54-2 8.2", "EN 54-25", "NFPA 72"',
      '22:5: there is no floor 9: the site has 4',
      '22:5: it may take until 99s, but the scenario ends at 20s: see until',
      '24:21: "(" is no regular expression',
      '25:12: a number is expected, or {min: 1, max: 2}',
      '27:38: becoms is unknown here: did you mean becomes?',
    ]);
  });

  test.each([
    ['a timeline that goes back', 'timeline: [{at: 5s, trip: 1}, {at: 4s, trip: 2}]', '2:36: 4s comes after 5s: '],
    [
      'an act after the end',
      'timeline: [{at: 25s, trip: 1}]',
      '2:17: 25s is after the end of the scenario: until is 20s',
    ],
    ['a floor that is not there', 'timeline: [{at: 5s, reset: 5}]', '2:12: there is no floor 5: the site has 4'],
    [
      'a window that could begin at several moments',
      'timeline: [{at: 5s, trip: 1}, {at: 6s, trip: 2}]\nexpect: [{pipeline: ok, within: 1s}]',
      '3:10: within counts from one moment, and the timeline has several: name it with after',
    ],
    [
      'two windows',
      'timeline: []\nexpect: [{pipeline: ok, within: 1s, between: [1s, 2s]}]',
      '3:10: between says all: leave out within and after',
    ],
    [
      'a window that ends before it begins',
      'timeline: []\nforbid: [{pipeline: ok, between: [2s, 1s]}]',
      '3:10: between ends before it begins',
    ],
    [
      'settings that contradict each other',
      'site: {detectors: 2, passive: 3}\ntimeline: []',
      '2:7: --passive (SMOKEWIRE_PASSIVE): 3 passive of 2 detectors',
    ],
    [
      'a setting that is not one of a scenario',
      'site: {mqtt: x}\ntimeline: []',
      '2:8: mqtt is unknown here: there are detectors, ',
    ],
    [
      'a range that is none',
      'timeline: []\nexpect: [{pipeline: ok, count: {min: 3, max: 2}}]',
      '3:38: min is more than max',
    ],
    ['a value that is left out', 'timeline:\n  - at: 1s\n    trip:', '4:10: a detector is expected, or a list of them'],
    ['YAML that is none', 'timeline: [', '3:1: Flow sequence in block collection must be sufficiently indented'],
    [
      'a fault with what it does not take',
      'timeline: [{at: 1s, mail.refuse: {code: 200}}]',
      '2:41: Too small: expected number to be >=400',
    ],
    [
      'a fault of a detector that is not there',
      'site: {detectors: 4}\ntimeline: [{at: 1s, detector.stick: {detector: 5}}]',
      '3:12: there is no detector 5: the site has 4',
    ],
    [
      'a fault without what it needs',
      'timeline: [{at: 1s, detector.flap: {detector: 1}}]',
      '2:36: every is missing: expected number, or expected string',
    ],
    [
      'a fault that is none',
      'timeline: [{at: 1s, mail.refuze: {}}]',
      '2:21: mail.refuze is unknown here: did you mean mail.refuse?',
    ],
    [
      'a planned silence of nothing',
      'timeline: [{at: 1s, disable: {for: 1h}}]',
      '2:30: exactly one of these is expected: detector, floor',
    ],
    [
      'a planned silence that is too long',
      'timeline: [{at: 1s, disable: {floor: 1, for: 73h}}]',
      '2:46: a planned silence takes from 1s to 72h',
    ],
    [
      'a planned silence of a detector that is not there',
      'site: {detectors: 4}\ntimeline: [{at: 1s, enable: {detector: [4, 5]}}]',
      '3:12: there is no detector 5: the site has 4',
    ],
    [
      'a valve that is to be disabled',
      'timeline: []\nexpect: [{disablement: {about: valve 1, becomes: disabled}}]',
      'a detector or a floor is expected',
    ],
    ['an alias of nothing', 'timeline: [*acts]', '2:12: there is no &acts before it'],
    ['a key that is there twice', 'timeline: []\ntimeline: []', '3:1: Map keys must be unique'],
  ])('%s', (_, lines, problem) => {
    const [first = '', ...others] = problemsOf(`name: x\n${lines}\nuntil: 20s`);
    expect(first).toContain(problem);
    expect(others).toEqual([]);
  });

  test.each(['', '7', '[]', 'null', '"text"'])('%j is no scenario', (text) => {
    expect(problemsOf(text)).not.toEqual([]);
  });
});
