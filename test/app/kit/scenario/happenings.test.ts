import { describe, expect, it } from 'vitest';
import {
  compareHappenings,
  deadLetterHappening,
  emailHappening,
  errorHappening,
  eventHappening,
  happeningInWords,
  smsHappening,
} from '../../../../app/kit/scenario/happenings.ts';
import { SITE_EVENT_TYPES, type SiteEvent } from '../../../../contracts/site-events.ts';
import { happened } from './support.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const AT = '2026-01-01T00:00:12.500Z';

function eventOf(type: SiteEvent['type'], subject: string, data: SiteEvent['data'] = {}) {
  return eventHappening({ type, at: AT, subject, data }, START);
}

describe('what happens', () => {
  it('has the time since the site was ready, and what it is about', () => {
    expect(eventOf('detector.silent', 'detector/8')).toMatchObject({ at: 12_500, subject: 'detector/8', text: '' });
    expect(
      eventOf('lamp.on', 'lamp/delivery/email', { lamp: 'delivery/email', incident: 'x', text: 'nobody was told' }),
    ).toMatchObject({ subject: 'delivery/email', text: 'nobody was told' });
    expect(
      eventOf('notification.retried', 'incident/x', { about: 'floor/3', channel: 'email', reason: 'busy' }),
    ).toMatchObject({ subject: 'floor/3', text: 'busy' });
  });

  it('is not what notifiers say that they sent, but what people received', () => {
    expect(eventOf('notification.sent', 'incident/x', { about: 'floor/3' })).toBeUndefined();
    const mail = {
      id: '<x@y>',
      from: 'a@b.c',
      to: ['d@e.f', 'g@h.i'],
      subject: 'FIRE: floor 3 (hq)',
      text: 'Detector 7 signals fire.',
      headers: { 'x-smokewire-subject': 'floor/3' },
      receivedAt: AT,
    };
    expect(emailHappening(mail, START)).toEqual({
      at: 12_500,
      type: 'email',
      subject: 'floor/3',
      data: { to: 'd@e.f, g@h.i', title: 'FIRE: floor 3 (hq)' },
      text: 'FIRE: floor 3 (hq)\nDetector 7 signals fire.',
    });
  });

  it.each([
    ['FIRE: floor 3 (hq). Detector 7 on floor 3 signals fire.', 'floor/3'],
    ['Fault: detector 8 is silent, floor 4 (hq).', 'detector/8'],
    ['Recovered: valve 3 (hq).', 'valve/3'],
    ['Fault: pipeline is silent (hq).', 'pipeline'],
    ['Hello', 'unknown'],
  ])('an SMS is about what it names first: %s', (text, subject) => {
    const sms = { id: 'SM1', from: '+1', to: '+2', text, validityPeriod: null, receivedAt: AT };
    expect(smsHappening(sms, START)).toMatchObject({ at: 12_500, subject, text });
  });

  it('is also what goes wrong', () => {
    const letter = { topic: 'emails.dead', code: 'EMAIL_REFUSED', message: '550 no', at: AT };
    const rest = { partition: 0, offset: 0, key: null, value: null, attempts: 1, replayable: true };
    const origin = { topic: 'emails', partition: '0', offset: '0' };
    expect(deadLetterHappening({ ...letter, ...rest, origin }, START)).toMatchObject({ at: 12_500, text: '550 no' });
    expect(errorHappening({ at: AT, message: 'failed', fields: { code: 'X' } }, START)).toMatchObject({
      at: 12_500,
      text: 'failed {"code":"X"}',
    });
  });

  it('is told in words, whatever it is', () => {
    const words = SITE_EVENT_TYPES.flatMap((type) => eventOf(type, 'floor/3') ?? []).map(happeningInWords);
    expect(words).toHaveLength(SITE_EVENT_TYPES.length - 3);
    expect(words).toContain('the valve of floor 3 is open');
    expect(new Set(words).size).toBe(words.length);
  });

  it('has one order, in whichever it was seen', () => {
    const ordered = [
      happened(1, 'sms', 'floor/1'),
      happened(2, 'detector.silent', 'detector/1'),
      happened(2, 'detector.silent', 'detector/2'),
      happened(2, 'lamp.on', 'detector/1'),
      happened(2, 'email', 'detector/1'),
    ];
    expect(ordered.toReversed().toSorted(compareHappenings)).toEqual(ordered);
  });
});
