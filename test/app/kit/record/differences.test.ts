import { expect, test } from 'vitest';
import { type Comparison, differencesOf } from '../../../../app/kit/record/differences.ts';
import type { Outcome } from '../../../../app/kit/record/outcome.ts';

const [FIRE, FAULT] = ['0c5e1c4e-37f2-5c09-a1c0-2e2c0f2a5b11', '9b1c4e0c-37f2-5c09-a1c0-2e2c0f2a5b22'];

function outcome(at: number, given: Partial<Outcome> = {}): Outcome {
  return {
    id: `${at}`,
    at,
    kind: 'fault',
    change: 'opened',
    subject: 'detector/8',
    incident: FAULT,
    detectors: [8],
    reason: 'It is silent.',
    told: [{ channel: 'email', to: 'a@b.c', words: 'Fault: detector 8 is silent' }],
    ...given,
  };
}

function compare(recorded: Outcome[], replayed: Outcome[], given: Partial<Comparison> = {}) {
  return differencesOf({
    recorded,
    replayed,
    toleranceMs: 1_000,
    mayBeMissing: new Set(),
    mayBeExtra: new Set(),
    ...given,
  });
}

test('the same is no difference, also a little earlier or later, and with other ids', () => {
  const recorded = [outcome(10_000), outcome(20_000, { change: 'closed' })];
  const replayed = [outcome(9_000, { incident: FIRE }), outcome(21_000, { incident: FIRE, change: 'closed' })];
  expect(compare(recorded, replayed)).toEqual([]);
});

test('what is not told now is missing, what was not told then is extra', () => {
  const fire = outcome(5_000, { kind: 'fire', subject: 'floor/3', incident: FIRE });
  expect(compare([outcome(10_000)], [fire])).toEqual([
    { difference: 'extra', replayed: fire },
    { difference: 'missing', recorded: outcome(10_000) },
  ]);
});

test('one that is missing among many is the one that is named', () => {
  const all = [10_000, 30_000, 50_000, 70_000].map((at) => outcome(at));
  expect(compare(all, all.toSpliced(1, 1))).toEqual([{ difference: 'missing', recorded: all[1] }]);
  expect(compare(all.toSpliced(2, 1), all)).toEqual([{ difference: 'extra', replayed: all[2] }]);
});

test('what comes later than the tolerance has another time', () => {
  const [difference] = compare([outcome(10_000)], [outcome(11_001)]);
  expect(difference).toMatchObject({
    difference: 'changed',
    changes: [{ of: 'time', before: '1970-01-01T00:00:10.000Z', now: '1970-01-01T00:00:11.001Z' }],
  });
});

test('other words, recipients, reasons and detectors are named', () => {
  const told = [
    { channel: 'email', to: 'a@b.c', words: 'Störung: Melder 8' },
    { channel: 'sms', to: '+15005550006', words: 'Störung' },
  ] as const;
  const [difference] = compare([outcome(1)], [outcome(1, { told, detectors: [8, 9], reason: 'Es schweigt.' })]);
  expect(difference).toMatchObject({
    changes: [
      { of: 'detectors', before: '8', now: '8, 9' },
      { of: 'reason', before: 'It is silent.', now: 'Es schweigt.' },
      { of: 'email to a@b.c', before: 'Fault: detector 8 is silent', now: 'Störung: Melder 8' },
      { of: 'sms to +15005550006', before: 'not told', now: 'Störung' },
    ],
  });
});

test('ids and times inside of words do not count', () => {
  const words = (id: string, time: string) => [
    { channel: 'email', to: 'a@b.c', words: `Time: ${time}\nIncident: ${id}` } as const,
  ];
  const before = outcome(1, { told: words(FAULT, '2026-01-01T00:00:00.000Z') });
  const now = outcome(1, { told: words(FIRE, '2026-01-01T00:00:00.007Z') });
  expect(compare([before], [now])).toEqual([]);
});

test('a recovery of another incident than the one that was opened is a difference', () => {
  const recorded = [outcome(10_000), outcome(20_000, { change: 'closed' })];
  const replayed = [outcome(10_000), outcome(20_000, { change: 'closed', incident: FIRE })];
  expect(compare(recorded, replayed)).toMatchObject([{ difference: 'changed', changes: [{ of: 'incident' }] }]);
});

test('what only one of them could tell is left out, unless both told it', () => {
  const may = { mayBeMissing: new Set(['20004']), mayBeExtra: new Set(['9999']) };
  expect(compare([outcome(20_004)], [], may)).toEqual([]);
  expect(compare([], [outcome(9_999)], may)).toEqual([]);
  expect(compare([outcome(20_004)], [outcome(19_999, { reason: 'Other.' })], may)).toMatchObject([
    { difference: 'changed' },
  ]);
});
