import { describe, expect, it } from 'vitest';
import { check, type Verdict } from '../../../../app/kit/scenario/check.ts';
import type { Happening } from '../../../../app/kit/scenario/happenings.ts';
import { happened, scenarioOf } from './support.ts';

const FAULT = happened(13, 'email', 'detector/8', 'Fault: detector 8 is silent');

/** The verdicts on what happened, against an `expect`, `forbid` or `allow` of one act at 10 s and an end at 60 s. */
function verdicts(lines: string, ...happenings: Happening[]): Verdict[] {
  return check(scenarioOf(`name: x\ntimeline: [{at: 10s, kill: 8}]\n${lines}\nuntil: 60s`), happenings);
}

/** Those that did not hold, as `kind: words`, and their details. */
function failures(lines: string, ...happenings: Happening[]): string[][] {
  return verdicts(lines, ...happenings).flatMap(({ held, kind, words, details }) =>
    held ? [] : [[`${kind}: ${words}`, ...details]],
  );
}

describe('an expectation', () => {
  const mail = 'expect: [{notification: {channel: email, about: detector 8}, between: [12s, 15s]}]';
  const words = 'expected: e-mail about detector 8, between 12s and 15s';

  it('is met by what fits, in its window, its ends included', () => {
    for (const at of [12, 13, 15]) {
      expect(verdicts(mail, { ...FAULT, at: at * 1_000 })).toMatchObject([
        { kind: 'expected', held: true, at: at * 1_000, words: 'e-mail about detector 8, between 12s and 15s' },
        { kind: 'unexpected', held: true, at: 60_000 },
      ]);
    }
  });

  it('says so where nothing came', () => {
    expect(failures(mail)).toEqual([[words, 'it did not happen; nothing happened that is about detector 8']]);
  });

  it('says by how much it came too early or too late, and does not call that unexpected too', () => {
    expect(failures(mail, { ...FAULT, at: 11_500 })).toEqual([
      [words, 'it did not happen', 'at 11.5s: e-mail to a@b.c: Fault: detector 8 is silent (500ms too early)'],
    ]);
    expect(failures(mail, { ...FAULT, at: 17_250 })).toEqual([
      [words, 'it did not happen', 'at 17.25s: e-mail to a@b.c: Fault: detector 8 is silent (2.25s too late)'],
    ]);
  });

  it('says what came instead: of the same kind, or else about the same subject', () => {
    const silent = happened(13, 'detector.silent', 'detector/8');
    const other = happened(14, 'email', 'detector/7', 'Fault: detector 7 is silent');
    expect(failures(mail, silent, other)[0]).toEqual([
      words,
      'it did not happen, but this did:',
      'at 14s: e-mail to a@b.c: Fault: detector 7 is silent',
    ]);
    expect(failures(mail, silent, happened(14, 'valve.closed', 'floor/1'))[0]).toEqual([
      words,
      'it did not happen, but this did:',
      'at 13s: detector 8 is silent',
    ]);
  });

  it('counts: once unless it says otherwise', () => {
    expect(failures(mail, FAULT, { ...FAULT, at: 14_000 })[0]).toEqual([
      words,
      'it happened twice',
      'at 13s: e-mail to a@b.c: Fault: detector 8 is silent',
      'at 14s: e-mail to a@b.c: Fault: detector 8 is silent',
    ]);
    const counted = (count: string) => mail.replace('}, between', `}, count: ${count}, between`);
    expect(failures(counted('2'), FAULT, FAULT)).toEqual([]);
    expect(failures(counted('2'), FAULT)[0]?.[0]).toContain('e-mail about detector 8, twice, between');
    expect(failures(counted('{min: 0, max: 2}'))).toEqual([]);
    expect(failures(counted('{min: 1, max: 2}'))[0]?.[0]).toContain(', 1 to 2 times,');
  });

  it('is one for each channel', () => {
    const all = 'expect: [{notification: {about: detector 8}}]';
    expect(failures(all, FAULT, happened(13, 'lamp.on', 'detector/8', 'silent'))).toEqual([
      ['expected: SMS about detector 8', 'it did not happen, but this did:', ...SEEN],
    ]);
  });

  it('repeats why it has to be so', () => {
    expect(failures(mail.replace('between', 'because: people must know, between'))[0]?.[1]).toBe('people must know');
  });
});

const SEEN = ['at 13s: e-mail to a@b.c: Fault: detector 8 is silent', 'at 13s: lamp detector 8 on: silent'];

describe('each thing that can be expected', () => {
  it.each<[string, Happening, Happening]>([
    ['notification: {channel: sms, to: "+1"}', sms('+1'), sms('+2')],
    ['notification: {channel: sms, matching: "^Fault"}', sms('+1'), { ...sms('+1'), text: 'No Fault' }],
    [
      'notification: {channel: email, about: detector 8, outcome: retried}',
      delivery('notification.retried', 'email'),
      delivery('notification.retried', 'sms'),
    ],
    [
      'notification: {channel: email, outcome: dead}',
      delivery('notification.dead', 'email'),
      delivery('notification.retried', 'email'),
    ],
    [
      'lamp: {about: delivery email, becomes: on}',
      happened(20, 'lamp.on', 'delivery/email'),
      happened(20, 'lamp.off', 'delivery/email'),
    ],
    [
      'valve: {floor: 3, becomes: open}',
      happened(20, 'valve.opened', 'floor/3'),
      happened(20, 'valve.opened', 'floor/4'),
    ],
    [
      'valve: {floor: 3, becomes: closed}',
      happened(20, 'valve.closed', 'floor/3'),
      happened(20, 'valve.opened', 'floor/3'),
    ],
    [
      'valve: {floor: 3, becomes: faulty}',
      happened(20, 'valve.fault', 'floor/3'),
      happened(20, 'valve.closed', 'floor/3'),
    ],
    ['detector: {id: 8, becomes: silent}', state('silent', 8), state('suspect', 8)],
    ['detector: {id: 8, becomes: suspect}', state('suspect', 8), state('suspect', 7)],
    ['detector: {id: 8, becomes: ok}', state('recovered', 8), state('silent', 8)],
    ['detector: {id: 8, becomes: alarm}', alarm(4, 8), alarm(4, 12)],
    ['alarm: {floor: 4, becomes: raised}', alarm(4, 12), alarm(3, 7)],
    ['alarm: {floor: 4, becomes: reset}', happened(20, 'alarm.reset', 'floor/4'), alarm(4, 8)],
    ['pipeline: silent', happened(20, 'pipeline.silent', 'pipeline'), happened(20, 'pipeline.recovered', 'pipeline')],
    ['pipeline: ok', happened(20, 'pipeline.recovered', 'pipeline'), happened(20, 'pipeline.silent', 'pipeline')],
    ['deadLetter: {topic: emails.dead}', letter('emails.dead', 'EMAIL_REFUSED'), letter('sms.dead', 'SMS_REFUSED')],
    ['deadLetter: {code: SMS_REFUSED}', letter('sms.dead', 'SMS_REFUSED'), letter('emails.dead', 'EMAIL_REFUSED')],
    [
      'log: {matching: gave up}',
      happened(20, 'log.error', 'log', 'gave up'),
      happened(20, 'log.error', 'log', 'failed'),
    ],
  ])('%s', (pattern, fits, differs) => {
    expect(verdicts(`expect: [{${pattern}}]`, fits).every(({ held }) => held)).toBe(true);
    expect(verdicts(`expect: [{${pattern}}]`, differs)[0]).toMatchObject({ kind: 'expected', held: false });
    expect(verdicts(`forbid: [{${pattern}}]`, fits)[0]).toMatchObject({ kind: 'forbidden', held: false, at: fits.at });
    expect(verdicts(`forbid: [{${pattern}}]`, differs)[0]).toMatchObject({ kind: 'forbidden', held: true });
    expect(failures(`allow: [{${pattern}}]`, fits)).toEqual([]);
  });
});

describe('what is forbidden', () => {
  const never = 'forbid: [{detector: {id: 8, becomes: suspect}, after: 20s, because: it is well}]';

  it('may happen outside of its window', () => {
    expect(failures(never, { ...state('suspect', 8), at: 19_000 })).toEqual([]);
  });

  it('is told with what happened, and when', () => {
    expect(failures(never, state('suspect', 8))).toEqual([
      ['forbidden: never: detector 8 becomes suspect, after 20s', 'it is well', 'at 20s: detector 8 is suspect'],
    ]);
  });
});

describe('what nobody expects', () => {
  it.each([
    FAULT,
    sms('+1'),
    happened(20, 'lamp.on', 'detector/8'),
    happened(20, 'lamp.off', 'detector/8'),
    happened(20, 'valve.opened', 'floor/3'),
    letter('emails.dead', 'EMAIL_REFUSED'),
    happened(20, 'log.error', 'log', 'broken'),
  ])('fails the scenario: $type', (happening) => {
    expect(failures('', happening)).toEqual([[expect.stringMatching(/^unexpected: nobody expected: /)]]);
  });

  it.each([
    state('suspect', 8),
    happened(20, 'valve.closed', 'floor/3'),
    delivery('notification.retried', 'email'),
    alarm(3, 7),
  ])('is no matter otherwise: $type', (happening) => {
    expect(failures('', happening)).toEqual([]);
  });

  it('fails it also outside of the window of an expectation that is met', () => {
    const once = 'expect: [{notification: {channel: email, about: detector 8}, between: [12s, 15s]}]';
    expect(failures(once, FAULT, { ...FAULT, at: 40_000 })).toEqual([
      ['unexpected: nobody expected: e-mail to a@b.c: Fault: detector 8 is silent'],
    ]);
  });
});

function sms(to: string): Happening {
  return { ...happened(20, 'sms', 'detector/8', 'Fault: detector 8'), data: { to, title: 'Fault: detector 8' } };
}

function delivery(type: 'notification.retried' | 'notification.dead', channel: string): Happening {
  return { ...happened(20, type, 'detector/8', 'refused'), data: { channel } };
}

function state(becomes: 'suspect' | 'silent' | 'recovered', detector: number): Happening {
  return { ...happened(20, `detector.${becomes}`, `detector/${detector}`), data: { detector } };
}

function alarm(floor: number, detector: number): Happening {
  return { ...happened(20, 'alarm.raised', `floor/${floor}`), data: { detector } };
}

function letter(topic: string, code: string): Happening {
  return { ...happened(20, 'dead-letter', topic, 'refused'), data: { topic, code } };
}
